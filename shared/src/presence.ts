import * as z from 'zod';
import { Id } from './ids.js';
import { pageFields, pageOf } from './pagination.js';
import { UserSummary } from './users.js';

export const ViewerPage = pageOf(UserSummary).meta({ id: 'ViewerPage' });
export type ViewerPage = z.infer<typeof ViewerPage>;

/** Who is signed in and here, one row a user; guests are only counted. */
export const ListViewersInput = z.strictObject({ streamId: Id, ...pageFields });
export type ListViewersInput = z.infer<typeof ListViewersInput>;

/** How many watch: `viewerCount` counts each user once and each guest's connection, `guestCount` of these the guests. */
export const Audience = z.object({
  viewerCount: z.int().nonnegative().meta({ example: 42 }),
  guestCount: z.int().nonnegative().meta({ example: 12 }),
});
export type Audience = z.infer<typeof Audience>;
