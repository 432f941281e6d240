// Generated from the server’s router by `npm run openapi`.
import type { TRPCBuiltRouter, TRPCMutationProcedure, TRPCQueryProcedure, TRPCSubscriptionProcedure } from '@trpc/server';
import type { z } from 'zod';
import type { ErrorShape } from './errors.js';
import type { AddPasskeyInput, AdministeredUser, AppointModeratorInput, ApprovePayoutInput, AuditLogPage, BecomePerformerInput, BeginPasskeyInput, BeginSecondFactorInput, BuyAccessInput, ChangePasswordInput, ChatFeedEvent, ChatHistoryInput, ChatMessage, ChatMessagePage, ClearChatInput, ClearTipGoalInput, ConfirmEmailChangeInput, ConfirmSecondFactorInput, ConfirmTopUpInput, CreateReportInput, CreateStreamInput, DecideReportInput, DeleteMessageInput, DeleteUserInput, DeletedUser, DirectoryEvent, DismissModeratorInput, Done, Earnings, EarningsInput, EndStreamInput, FiledReport, FollowInput, Following, GetPaymentInput, GetRoomSettingsInput, GetStreamInput, GetTipGoalInput, GetUserInput, Leaderboard, LeaderboardInput, LiftRestrictionInput, LiftSuspensionInput, ListAuditLogInput, ListFollowedInput, ListModerationActionsInput, ListModeratorsInput, ListPayoutsInput, ListReportsInput, ListRestrictionsInput, ListSessionsInput, ListStreamsInput, ListUserStreamsInput, ListViewersInput, LoggedOut, LoginInput, LogoutInput, MailConfirmed, MailRequested, MarkPayoutPaidInput, ModerationActionPage, Moderator, ModeratorPage, NewPasskeyOptions, NoInput, OnDirectoryInput, OnEventInput, OnRoomInput, OnWalletInput, OwnUser, PaidAnswer, Passkey, PasskeyList, PasskeyLoginInput, PasskeyOptions, Payment, PaymentHistoryInput, PaymentPage, Payout, PayoutPage, PinMessageInput, PresenceFeedEvent, RecoveryCodes, RefreshInput, RefundAnswer, RefundInput, RegisterInput, RejectPayoutInput, RemovePasskeyInput, RemoveSecondFactorInput, RenewRecoveryCodesInput, RenewSocketInput, RenewalAnswer, Report, ReportPage, RequestEmailChangeInput, RequestPasswordResetInput, RequestPayoutInput, ResetPasswordInput, RestrictViewerInput, Restriction, RestrictionPage, RevokeSessionInput, RevokedSession, RoomEvent, RoomSettings, SecondFactor, SecondFactorSecret, SendMessageInput, SendTipInput, SessionPage, SetRoleInput, SetSpendingLimitInput, SetTipGoalInput, SignInAnswer, SocketRenewed, SpendingLimit, StartStreamInput, Stream, StreamPage, SuspendUserInput, TipFeedEvent, TipGoalAnswer, TopUpAnswer, TopUpInput, UnfollowInput, UnpinMessageInput, UpdateRoomSettingsInput, UpdateStreamInput, UpdateUserInput, UserProfile, UserSummaryPage, VerifyEmailInput, VerifyUserInput, ViewerPage, Wallet, WalletFeedEvent } from './index.js';

type Root = { ctx: object; meta: object; errorShape: ErrorShape; transformer: false };

/** Every procedure of the API, with its input and output. */
export type AppRouter = TRPCBuiltRouter<
  Root,
  {
    auth: {
      register: TRPCMutationProcedure<{ input: z.input<typeof RegisterInput>; output: z.output<typeof SignInAnswer>; meta: object }>;
      login: TRPCMutationProcedure<{ input: z.input<typeof LoginInput>; output: z.output<typeof SignInAnswer>; meta: object }>;
      refresh: TRPCMutationProcedure<{ input: z.input<typeof RefreshInput>; output: z.output<typeof RenewalAnswer>; meta: object }>;
      me: TRPCQueryProcedure<{ input: z.input<typeof NoInput>; output: z.output<typeof OwnUser>; meta: object }>;
      changePassword: TRPCMutationProcedure<{ input: z.input<typeof ChangePasswordInput>; output: z.output<typeof RenewalAnswer>; meta: object }>;
      logout: TRPCMutationProcedure<{ input: z.input<typeof LogoutInput>; output: z.output<typeof LoggedOut>; meta: object }>;
      renewSocket: TRPCMutationProcedure<{ input: z.input<typeof RenewSocketInput>; output: z.output<typeof SocketRenewed>; meta: object }>;
      listPasskeys: TRPCQueryProcedure<{ input: z.input<typeof NoInput>; output: z.output<typeof PasskeyList>; meta: object }>;
      beginPasskey: TRPCMutationProcedure<{ input: z.input<typeof BeginPasskeyInput>; output: z.output<typeof NewPasskeyOptions>; meta: object }>;
      addPasskey: TRPCMutationProcedure<{ input: z.input<typeof AddPasskeyInput>; output: z.output<typeof Passkey>; meta: object }>;
      removePasskey: TRPCMutationProcedure<{ input: z.input<typeof RemovePasskeyInput>; output: z.output<typeof Done>; meta: object }>;
      beginPasskeyLogin: TRPCMutationProcedure<{ input: z.input<typeof NoInput>; output: z.output<typeof PasskeyOptions>; meta: object }>;
      passkeyLogin: TRPCMutationProcedure<{ input: z.input<typeof PasskeyLoginInput>; output: z.output<typeof SignInAnswer>; meta: object }>;
      requestPasswordReset: TRPCMutationProcedure<{ input: z.input<typeof RequestPasswordResetInput>; output: z.output<typeof MailRequested>; meta: object }>;
      resetPassword: TRPCMutationProcedure<{ input: z.input<typeof ResetPasswordInput>; output: z.output<typeof MailConfirmed>; meta: object }>;
      requestEmailVerification: TRPCMutationProcedure<{ input: z.input<typeof NoInput>; output: z.output<typeof MailRequested>; meta: object }>;
      verifyEmail: TRPCMutationProcedure<{ input: z.input<typeof VerifyEmailInput>; output: z.output<typeof MailConfirmed>; meta: object }>;
      requestEmailChange: TRPCMutationProcedure<{ input: z.input<typeof RequestEmailChangeInput>; output: z.output<typeof MailRequested>; meta: object }>;
      confirmEmailChange: TRPCMutationProcedure<{ input: z.input<typeof ConfirmEmailChangeInput>; output: z.output<typeof MailConfirmed>; meta: object }>;
      secondFactor: TRPCQueryProcedure<{ input: z.input<typeof NoInput>; output: z.output<typeof SecondFactor>; meta: object }>;
      beginSecondFactor: TRPCMutationProcedure<{ input: z.input<typeof BeginSecondFactorInput>; output: z.output<typeof SecondFactorSecret>; meta: object }>;
      confirmSecondFactor: TRPCMutationProcedure<{ input: z.input<typeof ConfirmSecondFactorInput>; output: z.output<typeof RecoveryCodes>; meta: object }>;
      renewRecoveryCodes: TRPCMutationProcedure<{ input: z.input<typeof RenewRecoveryCodesInput>; output: z.output<typeof RecoveryCodes>; meta: object }>;
      removeSecondFactor: TRPCMutationProcedure<{ input: z.input<typeof RemoveSecondFactorInput>; output: z.output<typeof SecondFactor>; meta: object }>;
      listSessions: TRPCQueryProcedure<{ input: z.input<typeof ListSessionsInput>; output: z.output<typeof SessionPage>; meta: object }>;
      revokeSession: TRPCMutationProcedure<{ input: z.input<typeof RevokeSessionInput>; output: z.output<typeof RevokedSession>; meta: object }>;
    };
    users: {
      get: TRPCQueryProcedure<{ input: z.input<typeof GetUserInput>; output: z.output<typeof UserProfile>; meta: object }>;
      update: TRPCMutationProcedure<{ input: z.input<typeof UpdateUserInput>; output: z.output<typeof UserProfile>; meta: object }>;
      delete: TRPCMutationProcedure<{ input: z.input<typeof DeleteUserInput>; output: z.output<typeof DeletedUser>; meta: object }>;
      becomePerformer: TRPCMutationProcedure<{ input: z.input<typeof BecomePerformerInput>; output: z.output<typeof UserProfile>; meta: object }>;
      verify: TRPCMutationProcedure<{ input: z.input<typeof VerifyUserInput>; output: z.output<typeof UserProfile>; meta: object }>;
      listStreams: TRPCQueryProcedure<{ input: z.input<typeof ListUserStreamsInput>; output: z.output<typeof StreamPage>; meta: object }>;
      follow: TRPCMutationProcedure<{ input: z.input<typeof FollowInput>; output: z.output<typeof Following>; meta: object }>;
      unfollow: TRPCMutationProcedure<{ input: z.input<typeof UnfollowInput>; output: z.output<typeof Following>; meta: object }>;
      listFollowed: TRPCQueryProcedure<{ input: z.input<typeof ListFollowedInput>; output: z.output<typeof UserSummaryPage>; meta: object }>;
      suspend: TRPCMutationProcedure<{ input: z.input<typeof SuspendUserInput>; output: z.output<typeof AdministeredUser>; meta: object }>;
      liftSuspension: TRPCMutationProcedure<{ input: z.input<typeof LiftSuspensionInput>; output: z.output<typeof AdministeredUser>; meta: object }>;
      setRole: TRPCMutationProcedure<{ input: z.input<typeof SetRoleInput>; output: z.output<typeof AdministeredUser>; meta: object }>;
    };
    streams: {
      list: TRPCQueryProcedure<{ input: z.input<typeof ListStreamsInput>; output: z.output<typeof StreamPage>; meta: object }>;
      create: TRPCMutationProcedure<{ input: z.input<typeof CreateStreamInput>; output: z.output<typeof Stream>; meta: object }>;
      get: TRPCQueryProcedure<{ input: z.input<typeof GetStreamInput>; output: z.output<typeof Stream>; meta: object }>;
      update: TRPCMutationProcedure<{ input: z.input<typeof UpdateStreamInput>; output: z.output<typeof Stream>; meta: object }>;
      start: TRPCMutationProcedure<{ input: z.input<typeof StartStreamInput>; output: z.output<typeof Stream>; meta: object }>;
      end: TRPCMutationProcedure<{ input: z.input<typeof EndStreamInput>; output: z.output<typeof Stream>; meta: object }>;
      onEvent: TRPCSubscriptionProcedure<{ input: z.input<typeof OnEventInput>; output: AsyncIterable<{ id: string; data: z.output<typeof RoomEvent> }, void>; meta: object }>;
      onDirectory: TRPCSubscriptionProcedure<{ input: z.input<typeof OnDirectoryInput>; output: AsyncIterable<{ id: string; data: z.output<typeof DirectoryEvent> }, void>; meta: object }>;
    };
    chat: {
      history: TRPCQueryProcedure<{ input: z.input<typeof ChatHistoryInput>; output: z.output<typeof ChatMessagePage>; meta: object }>;
      send: TRPCMutationProcedure<{ input: z.input<typeof SendMessageInput>; output: z.output<typeof ChatMessage>; meta: object }>;
      delete: TRPCMutationProcedure<{ input: z.input<typeof DeleteMessageInput>; output: z.output<typeof ChatMessage>; meta: object }>;
      onMessage: TRPCSubscriptionProcedure<{ input: z.input<typeof OnRoomInput>; output: AsyncIterable<{ id: string; data: z.output<typeof ChatFeedEvent> }, void>; meta: object }>;
    };
    payments: {
      history: TRPCQueryProcedure<{ input: z.input<typeof PaymentHistoryInput>; output: z.output<typeof PaymentPage>; meta: object }>;
      get: TRPCQueryProcedure<{ input: z.input<typeof GetPaymentInput>; output: z.output<typeof Payment>; meta: object }>;
      onTip: TRPCSubscriptionProcedure<{ input: z.input<typeof OnRoomInput>; output: AsyncIterable<{ id: string; data: z.output<typeof TipFeedEvent> }, void>; meta: object }>;
      tip: TRPCMutationProcedure<{ input: z.input<typeof SendTipInput>; output: z.output<typeof PaidAnswer>; meta: object }>;
      getGoal: TRPCQueryProcedure<{ input: z.input<typeof GetTipGoalInput>; output: z.output<typeof TipGoalAnswer>; meta: object }>;
      setGoal: TRPCMutationProcedure<{ input: z.input<typeof SetTipGoalInput>; output: z.output<typeof TipGoalAnswer>; meta: object }>;
      clearGoal: TRPCMutationProcedure<{ input: z.input<typeof ClearTipGoalInput>; output: z.output<typeof Done>; meta: object }>;
      leaderboard: TRPCQueryProcedure<{ input: z.input<typeof LeaderboardInput>; output: z.output<typeof Leaderboard>; meta: object }>;
      buyAccess: TRPCMutationProcedure<{ input: z.input<typeof BuyAccessInput>; output: z.output<typeof PaidAnswer>; meta: object }>;
      refund: TRPCMutationProcedure<{ input: z.input<typeof RefundInput>; output: z.output<typeof RefundAnswer>; meta: object }>;
      topUp: TRPCMutationProcedure<{ input: z.input<typeof TopUpInput>; output: z.output<typeof TopUpAnswer>; meta: object }>;
      confirmTopUp: TRPCMutationProcedure<{ input: z.input<typeof ConfirmTopUpInput>; output: z.output<typeof TopUpAnswer>; meta: object }>;
      wallet: TRPCQueryProcedure<{ input: z.input<typeof NoInput>; output: z.output<typeof Wallet>; meta: object }>;
      onWallet: TRPCSubscriptionProcedure<{ input: z.input<typeof OnWalletInput>; output: AsyncIterable<{ id: string; data: z.output<typeof WalletFeedEvent> }, void>; meta: object }>;
      getSpendingLimit: TRPCQueryProcedure<{ input: z.input<typeof NoInput>; output: z.output<typeof SpendingLimit>; meta: object }>;
      setSpendingLimit: TRPCMutationProcedure<{ input: z.input<typeof SetSpendingLimitInput>; output: z.output<typeof SpendingLimit>; meta: object }>;
      requestPayout: TRPCMutationProcedure<{ input: z.input<typeof RequestPayoutInput>; output: z.output<typeof Payout>; meta: object }>;
      listPayouts: TRPCQueryProcedure<{ input: z.input<typeof ListPayoutsInput>; output: z.output<typeof PayoutPage>; meta: object }>;
      approvePayout: TRPCMutationProcedure<{ input: z.input<typeof ApprovePayoutInput>; output: z.output<typeof Payout>; meta: object }>;
      rejectPayout: TRPCMutationProcedure<{ input: z.input<typeof RejectPayoutInput>; output: z.output<typeof Payout>; meta: object }>;
      markPayoutPaid: TRPCMutationProcedure<{ input: z.input<typeof MarkPayoutPaidInput>; output: z.output<typeof Payout>; meta: object }>;
      earnings: TRPCQueryProcedure<{ input: z.input<typeof EarningsInput>; output: z.output<typeof Earnings>; meta: object }>;
    };
    moderation: {
      getSettings: TRPCQueryProcedure<{ input: z.input<typeof GetRoomSettingsInput>; output: z.output<typeof RoomSettings>; meta: object }>;
      updateSettings: TRPCMutationProcedure<{ input: z.input<typeof UpdateRoomSettingsInput>; output: z.output<typeof RoomSettings>; meta: object }>;
      restrict: TRPCMutationProcedure<{ input: z.input<typeof RestrictViewerInput>; output: z.output<typeof Restriction>; meta: object }>;
      lift: TRPCMutationProcedure<{ input: z.input<typeof LiftRestrictionInput>; output: z.output<typeof Done>; meta: object }>;
      listRestrictions: TRPCQueryProcedure<{ input: z.input<typeof ListRestrictionsInput>; output: z.output<typeof RestrictionPage>; meta: object }>;
      pin: TRPCMutationProcedure<{ input: z.input<typeof PinMessageInput>; output: z.output<typeof ChatMessage>; meta: object }>;
      unpin: TRPCMutationProcedure<{ input: z.input<typeof UnpinMessageInput>; output: z.output<typeof Done>; meta: object }>;
      clear: TRPCMutationProcedure<{ input: z.input<typeof ClearChatInput>; output: z.output<typeof Done>; meta: object }>;
      appoint: TRPCMutationProcedure<{ input: z.input<typeof AppointModeratorInput>; output: z.output<typeof Moderator>; meta: object }>;
      dismiss: TRPCMutationProcedure<{ input: z.input<typeof DismissModeratorInput>; output: z.output<typeof Done>; meta: object }>;
      listModerators: TRPCQueryProcedure<{ input: z.input<typeof ListModeratorsInput>; output: z.output<typeof ModeratorPage>; meta: object }>;
      listActions: TRPCQueryProcedure<{ input: z.input<typeof ListModerationActionsInput>; output: z.output<typeof ModerationActionPage>; meta: object }>;
    };
    presence: {
      list: TRPCQueryProcedure<{ input: z.input<typeof ListViewersInput>; output: z.output<typeof ViewerPage>; meta: object }>;
      onChange: TRPCSubscriptionProcedure<{ input: z.input<typeof OnRoomInput>; output: AsyncIterable<{ id: string; data: z.output<typeof PresenceFeedEvent> }, void>; meta: object }>;
    };
    reports: {
      create: TRPCMutationProcedure<{ input: z.input<typeof CreateReportInput>; output: z.output<typeof FiledReport>; meta: object }>;
      list: TRPCQueryProcedure<{ input: z.input<typeof ListReportsInput>; output: z.output<typeof ReportPage>; meta: object }>;
      decide: TRPCMutationProcedure<{ input: z.input<typeof DecideReportInput>; output: z.output<typeof Report>; meta: object }>;
    };
    administration: {
      listAuditLog: TRPCQueryProcedure<{ input: z.input<typeof ListAuditLogInput>; output: z.output<typeof AuditLogPage>; meta: object }>;
    };
  }
>;
