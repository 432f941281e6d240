/** FIN and the opcode of text (RFC 6455, 5.2); a server does not mask. */
const TEXT = 0x81;
const LENGTH_16 = 126;
const LENGTH_64 = 127;

const headerLength = (payloadLength: number): number =>
  payloadLength < LENGTH_16 ? 2 : payloadLength < 65_536 ? 4 : 10;

const writeHeader = (frame: Buffer, payloadLength: number): void => {
  frame[0] = TEXT;
  if (payloadLength < LENGTH_16) {
    frame[1] = payloadLength;
  } else if (payloadLength < 65_536) {
    frame[1] = LENGTH_16;
    frame.writeUInt16BE(payloadLength, 2);
  } else {
    frame[1] = LENGTH_64;
    frame.writeBigUInt64BE(BigInt(payloadLength), 2);
  }
};

/** One WebSocket text frame whose payload is the parts one after the other. */
export const textFrame = (...parts: Buffer[]): Buffer => {
  const payloadLength = parts.reduce((sum, part) => sum + part.length, 0);
  let offset = headerLength(payloadLength);
  const frame = Buffer.allocUnsafe(offset + payloadLength);
  writeHeader(frame, payloadLength);
  for (const part of parts) offset += part.copy(frame, offset);
  return frame;
};
