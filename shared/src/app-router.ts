// Generated from the server’s router by `npm run openapi`.
import type { TRPCBuiltRouter, TRPCMutationProcedure, TRPCQueryProcedure } from '@trpc/server';
import type { z } from 'zod';
import type { ErrorShape } from './errors.js';
import type { BecomePerformerInput, ChangePasswordInput, CreateStreamInput, DeleteUserInput, DeletedUser, EndStreamInput, GetPaymentInput, GetStreamInput, GetUserInput, ListStreamsInput, ListUserStreamsInput, LoggedOut, LoginInput, LogoutInput, NoInput, OwnUser, Payment, PaymentHistoryInput, PaymentPage, RefreshInput, RegisterInput, SignedIn, StartStreamInput, Stream, StreamPage, TokenPair, UpdateStreamInput, UpdateUserInput, UserProfile, VerifyUserInput } from './index.js';

type Root = { ctx: object; meta: object; errorShape: ErrorShape; transformer: false };

/** Every procedure of the API, with its input and output. */
export type AppRouter = TRPCBuiltRouter<
  Root,
  {
    auth: {
      register: TRPCMutationProcedure<{ input: z.input<typeof RegisterInput>; output: z.output<typeof SignedIn>; meta: object }>;
      login: TRPCMutationProcedure<{ input: z.input<typeof LoginInput>; output: z.output<typeof SignedIn>; meta: object }>;
      refresh: TRPCMutationProcedure<{ input: z.input<typeof RefreshInput>; output: z.output<typeof TokenPair>; meta: object }>;
      me: TRPCQueryProcedure<{ input: z.input<typeof NoInput>; output: z.output<typeof OwnUser>; meta: object }>;
      changePassword: TRPCMutationProcedure<{ input: z.input<typeof ChangePasswordInput>; output: z.output<typeof TokenPair>; meta: object }>;
      logout: TRPCMutationProcedure<{ input: z.input<typeof LogoutInput>; output: z.output<typeof LoggedOut>; meta: object }>;
    };
    users: {
      get: TRPCQueryProcedure<{ input: z.input<typeof GetUserInput>; output: z.output<typeof UserProfile>; meta: object }>;
      update: TRPCMutationProcedure<{ input: z.input<typeof UpdateUserInput>; output: z.output<typeof UserProfile>; meta: object }>;
      delete: TRPCMutationProcedure<{ input: z.input<typeof DeleteUserInput>; output: z.output<typeof DeletedUser>; meta: object }>;
      becomePerformer: TRPCMutationProcedure<{ input: z.input<typeof BecomePerformerInput>; output: z.output<typeof UserProfile>; meta: object }>;
      verify: TRPCMutationProcedure<{ input: z.input<typeof VerifyUserInput>; output: z.output<typeof UserProfile>; meta: object }>;
      listStreams: TRPCQueryProcedure<{ input: z.input<typeof ListUserStreamsInput>; output: z.output<typeof StreamPage>; meta: object }>;
    };
    streams: {
      list: TRPCQueryProcedure<{ input: z.input<typeof ListStreamsInput>; output: z.output<typeof StreamPage>; meta: object }>;
      create: TRPCMutationProcedure<{ input: z.input<typeof CreateStreamInput>; output: z.output<typeof Stream>; meta: object }>;
      get: TRPCQueryProcedure<{ input: z.input<typeof GetStreamInput>; output: z.output<typeof Stream>; meta: object }>;
      update: TRPCMutationProcedure<{ input: z.input<typeof UpdateStreamInput>; output: z.output<typeof Stream>; meta: object }>;
      start: TRPCMutationProcedure<{ input: z.input<typeof StartStreamInput>; output: z.output<typeof Stream>; meta: object }>;
      end: TRPCMutationProcedure<{ input: z.input<typeof EndStreamInput>; output: z.output<typeof Stream>; meta: object }>;
    };
    payments: {
      history: TRPCQueryProcedure<{ input: z.input<typeof PaymentHistoryInput>; output: z.output<typeof PaymentPage>; meta: object }>;
      get: TRPCQueryProcedure<{ input: z.input<typeof GetPaymentInput>; output: z.output<typeof Payment>; meta: object }>;
    };
  }
>;
