/** A place in the log of a stream. */
export type EventPlace = { epoch: number; seq: number };

const EVENT_ID = /^(\d{1,10}):(\d{1,15})$/;

export const toEventId = ({ epoch, seq }: EventPlace): string => `${epoch}:${seq}`;

/** Null for a text that is no id of ours. */
export const parseEventId = (text: string): EventPlace | null => {
  const [, epoch, seq] = EVENT_ID.exec(text) ?? [];
  return epoch === undefined ? null : { epoch: Number(epoch), seq: Number(seq) };
};
