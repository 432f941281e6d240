import * as z from 'zod';
import { Timestamp } from './timestamps.js';

/** The socket's access token ends soon: renew it with `auth.renewSocket`. */
export const AuthExpiringEvent = z.object({ type: z.literal('authExpiring'), expiresAt: Timestamp });
