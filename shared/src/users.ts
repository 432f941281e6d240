import * as z from 'zod';
import { Id } from './ids.js';
import { pageFields, pageOf } from './pagination.js';
import { block, title } from './text.js';
import { Timestamp } from './timestamps.js';

export const roles = ['viewer', 'performer', 'admin'] as const;
export const Role = z.enum(roles).meta({ id: 'Role' });
export type Role = z.infer<typeof Role>;

/** 3–30 letters, digits and underscores; unique in whatever case. */
export const Username = z
  .string()
  .regex(/^[A-Za-z0-9_]{3,30}$/, 'must be 3 to 30 letters, digits or underscores')
  .meta({ example: 'ava_live' });

/** An address in lower case; it is unique in whatever case. */
export const Email = z
  .string()
  .max(254)
  // ASCII alone, since other letters become ASCII in lower case: the Kelvin sign a k.
  .overwrite((text) => text.trim().replace(/[A-Z]+/g, (letters) => letters.toLowerCase()))
  .pipe(z.email())
  .meta({ format: 'email', example: 'ava@example.com' });

const DisplayName = z.string().meta({ example: 'Ava' });
const AvatarUrl = z.string().nullable().meta({ example: null });

const profile = {
  id: Id,
  username: Username,
  displayName: DisplayName,
  bio: z.string().meta({ example: 'Piano, mostly at night.' }),
  avatarUrl: AvatarUrl,
  role: Role,
  isVerified: z.boolean().meta({ description: 'Whether a performer may go live.', example: false }),
  createdAt: Timestamp,
};

/** What anyone may know of a user. */
export const UserProfile = z
  .object({ ...profile, counts: z.object({ streams: z.int(), followers: z.int() }) })
  .meta({ id: 'UserProfile', description: 'What anyone may know of a user.' });
export type UserProfile = z.infer<typeof UserProfile>;

/** A user's own account. */
export const OwnUser = z
  .object({
    ...profile,
    email: z.string().meta({ example: 'ava@example.com' }),
    isEmailVerified: z
      .boolean()
      .meta({ description: 'Whether mail is known to arrive there.', example: true }),
  })
  .meta({ id: 'OwnUser', description: "The caller's own account." });
export type OwnUser = z.infer<typeof OwnUser>;

/** The few facts that a stream or a message shows of its user. */
export const UserSummary = z
  .object({
    id: Id,
    username: Username.nullable().meta({
      description: 'Null once the account is deleted.',
      example: 'ava_live',
    }),
    displayName: DisplayName,
    avatarUrl: AvatarUrl,
    isVerified: z.boolean().meta({ example: true }),
  })
  .meta({ id: 'UserSummary' });
export type UserSummary = z.infer<typeof UserSummary>;

export const GetUserInput = z.strictObject({ id: Id });

export const UpdateUserInput = z
  .strictObject({
    id: Id,
    username: Username.optional(),
    displayName: title(1, 50).meta({ example: 'Ava' }).optional(),
    bio: block(0, 1000).meta({ example: 'Piano, mostly at night.' }).optional(),
  })
  .meta({ examples: [{ displayName: 'Ava', bio: 'Piano, mostly at night.' }] });
export type UpdateUserInput = z.infer<typeof UpdateUserInput>;

export const DeleteUserInput = z.strictObject({
  id: Id,
  forfeitBalance: z.boolean().default(false).meta({
    description: 'Whether to give up what the account holds; otherwise money keeps it from being deleted.',
  }),
});
export type DeleteUserInput = z.infer<typeof DeleteUserInput>;
export const DeletedUser = z.object({ id: Id, deletedAt: Timestamp }).meta({ id: 'DeletedUser' });
export type DeletedUser = z.infer<typeof DeletedUser>;

export const BecomePerformerInput = z.strictObject({ id: Id });

export const VerifyUserInput = z.strictObject({ id: Id, isVerified: z.boolean().default(true) });
export type VerifyUserInput = z.infer<typeof VerifyUserInput>;

export const ListUserStreamsInput = z.strictObject({ id: Id, ...pageFields });
export type ListUserStreamsInput = z.infer<typeof ListUserStreamsInput>;

export const FollowInput = z.strictObject({ id: Id });
export const UnfollowInput = z.strictObject({ id: Id });
/** Whether the caller follows the user now. */
export const Following = z.object({ id: Id, isFollowing: z.boolean() }).meta({ id: 'Following' });
export type Following = z.infer<typeof Following>;
export const ListFollowedInput = z.strictObject({ ...pageFields }).prefault({});
export type ListFollowedInput = z.infer<typeof ListFollowedInput>;
export const UserSummaryPage = pageOf(UserSummary).meta({ id: 'UserSummaryPage' });
export type UserSummaryPage = z.infer<typeof UserSummaryPage>;
