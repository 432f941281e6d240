import { randomBytes } from 'node:crypto';

const RANDOM_BYTES = 16;
const NAME = /^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\.[0-9a-f]{32}\.webp$/;

/** A name that nobody guesses and that is never given twice, which tells whose picture it is. */
export const makePictureName = (ownerId: string): string =>
  `${ownerId}.${randomBytes(RANDOM_BYTES).toString('hex')}.webp`;

/** The user or stream whose picture has this name; undefined for a file that is none of ours. */
export const ownerIdIn = (name: string): string | undefined => NAME.exec(name)?.[1];
