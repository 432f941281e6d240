import * as z from 'zod';
import { Id } from './ids.js';
import { Amount, Currency } from './money.js';
import { pageFields, pageOf } from './pagination.js';
import { block, line, title, toNfc } from './text.js';
import { Timestamp, TimestampInput } from './timestamps.js';
import { UserSummary } from './users.js';

export const streamStatuses = ['scheduled', 'live', 'ended'] as const;
export const StreamStatus = z.enum(streamStatuses).meta({ id: 'StreamStatus', example: 'live' });
export type StreamStatus = z.infer<typeof StreamStatus>;

/** A tag in lower case, of letters, digits, `-` and `_`. */
const Tag = z
  .string()
  .overwrite((text) => toNfc(text).trim().toLowerCase())
  .regex(/^[\p{L}\p{N}_-]{1,25}$/u, 'must be 1 to 25 letters, digits, hyphens or underscores')
  .meta({ example: 'music' });

const Category = line(1, 50).meta({ example: 'Music' });

export const Stream = z
  .object({
    id: Id,
    performer: UserSummary,
    title: z.string().meta({ example: 'Friday night piano' }),
    description: z.string().meta({ example: 'Requests are welcome.' }),
    category: z.string().nullable().meta({ example: 'Music' }),
    thumbnailUrl: z.string().nullable().meta({
      description: 'A webp picture of at most 1280 × 720 pixels; null where none was uploaded.',
      example: null,
    }),
    tags: z.array(z.string()).meta({ example: ['music', 'piano'] }),
    status: StreamStatus,
    isPrivate: z.boolean(),
    price: z
      .int()
      .nullable()
      .meta({ description: 'Of a ticket, in minor units; null for a public stream.', example: null }),
    currency: Currency,
    viewerCount: z.int().meta({ example: 42 }),
    peakViewerCount: z.int().meta({ description: 'The most that watched at once.', example: 180 }),
    scheduledStartAt: Timestamp.nullable().meta({ example: null }),
    startedAt: Timestamp.nullable(),
    endedAt: Timestamp.nullable().meta({ example: null }),
    createdAt: Timestamp,
    updatedAt: Timestamp,
  })
  .meta({ id: 'Stream' });
export type Stream = z.infer<typeof Stream>;

export const StreamPage = pageOf(Stream).meta({ id: 'StreamPage' });
export type StreamPage = z.infer<typeof StreamPage>;

/** `newest` pages are stable under writes; `viewers` is best effort, never twice within a page. */
export const ListStreamsInput = z
  .strictObject({
    status: StreamStatus.default('live'),
    performerId: Id.optional(),
    category: Category.optional(),
    tag: Tag.optional(),
    q: line(1, 100)
      .optional()
      .meta({ description: 'Words, or beginnings of words, of title and description.' }),
    sort: z.enum(['newest', 'viewers']).default('newest'),
    ...pageFields,
  })
  .prefault({});
export type ListStreamsInput = z.infer<typeof ListStreamsInput>;

const editable = {
  title: title(3, 100).meta({ example: 'Friday night piano' }),
  description: block(0, 5000).meta({ example: 'Requests are welcome.' }),
  category: Category,
  tags: z
    .array(Tag)
    .max(10)
    .overwrite((tags) => [...new Set(tags)]),
  scheduledStartAt: TimestampInput,
  isPrivate: z.boolean(),
  price: Amount,
};

/** `startNow` defaults to true without a schedule. A price goes with a private stream, and only there. */
export const CreateStreamInput = z
  .strictObject({
    title: editable.title,
    description: editable.description.default(''),
    category: editable.category.optional(),
    tags: editable.tags.default([]),
    scheduledStartAt: editable.scheduledStartAt.optional(),
    startNow: z.boolean().optional(),
    isPrivate: editable.isPrivate.default(false),
    price: editable.price.optional(),
  })
  .refine((input) => input.isPrivate === (input.price !== undefined), {
    error: 'a private stream has a price, a public one has none',
    path: ['price'],
  })
  .meta({ examples: [{ title: 'Friday night piano', category: 'Music', tags: ['music', 'piano'] }] });
export type CreateStreamInput = z.infer<typeof CreateStreamInput>;

export const GetStreamInput = z.strictObject({ id: Id });

/** Only what is given changes; null empties `category`. */
export const UpdateStreamInput = z
  .strictObject({
    id: Id,
    title: editable.title.optional(),
    description: editable.description.optional(),
    category: editable.category.nullable().optional(),
    tags: editable.tags.optional(),
    scheduledStartAt: editable.scheduledStartAt.optional(),
    isPrivate: editable.isPrivate.optional(),
    price: editable.price.nullable().optional(),
  })
  .meta({ examples: [{ title: 'Friday night piano, with guests' }] });
export type UpdateStreamInput = z.infer<typeof UpdateStreamInput>;

export const StartStreamInput = z.strictObject({ id: Id });
export const EndStreamInput = z.strictObject({ id: Id });
