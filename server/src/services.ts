import { v7 as uuidv7 } from 'uuid';
import {
  type AdministrationService,
  createAdministrationService,
} from './administration/administration.service.js';
import { type AuthService, createAuthService } from './auth/auth.service.js';
import { createTokens } from './auth/tokens.js';
import { type ChatService, createChatService } from './chat/chat.service.js';
import type { Config } from './config.js';
import { createFollowsService, type FollowsService } from './follows/follows.service.js';
import { createLedgerService, type LedgerService } from './ledger/ledger.service.js';
import { createLimitsService, type LimitsService } from './limits/limits.service.js';
import { createLiveService, type LiveService } from './live/live.service.js';
import { chooseMailer } from './mail/choose-mailer.js';
import { createMailService, type MailService } from './mail/mail.service.js';
import { createModerationService, type ModerationService } from './moderation/moderation.service.js';
import { createPasskeysService, type PasskeysService } from './passkeys/passkeys.service.js';
import { siteOf } from './passkeys/site.js';
import { createPaymentsService, type PaymentsService } from './payments/payments.service.js';
import { createEarningsService, type EarningsService } from './payouts/earnings.service.js';
import { createPayoutsService, type PayoutsService } from './payouts/payouts.service.js';
import type { Clock } from './platform/clock.js';
import type { Database } from './platform/database.js';
import type { EventBus } from './platform/event-bus.js';
import type { Logger } from './platform/logger.js';
import type { PasswordHasher } from './platform/password-hasher.js';
import { createSealer } from './platform/sealer.js';
import { createPresenceService, type PresenceService } from './presence/presence.service.js';
import { createRecoveryService, type RecoveryService } from './recovery/recovery.service.js';
import { createRefundsService, type RefundsService } from './refunds/refunds.service.js';
import { createReportsService, type ReportsService } from './reports/reports.service.js';
import { createCodesService } from './second-factor/codes.service.js';
import {
  createSecondFactorService,
  type SecondFactorService,
} from './second-factor/second-factor.service.js';
import { createSessionsService, type SessionsService } from './sessions/sessions.service.js';
import { createStreamsService, type StreamsService } from './streams/streams.service.js';
import { createTicketsService, type TicketsService } from './tickets/tickets.service.js';
import { createTipsService, type TipsService } from './tips/tips.service.js';
import { chooseProvider } from './top-ups/providers/choose-provider.js';
import { createTopUpsService, type TopUpsService } from './top-ups/top-ups.service.js';
import { chooseStore } from './uploads/choose-store.js';
import { createMediaService, type MediaService } from './uploads/media.service.js';
import { createPictureEncoder } from './uploads/picture-encoder.js';
import { createPicturesService, type PicturesService } from './uploads/pictures.service.js';
import { createUsersService, type UsersService } from './users/users.service.js';
import { createWalletService, type WalletService } from './wallet/wallet.service.js';

export type Platform = {
  config: Config;
  database: Database;
  bus: EventBus;
  clock: Clock;
  logger: Logger;
  passwords: PasswordHasher;
};

export type Services = {
  limits: LimitsService;
  mail: MailService;
  recovery: RecoveryService;
  auth: AuthService;
  secondFactor: SecondFactorService;
  passkeys: PasskeysService;
  sessions: SessionsService;
  media: MediaService;
  users: UsersService;
  streams: StreamsService;
  pictures: PicturesService;
  chat: ChatService;
  ledger: LedgerService;
  payments: PaymentsService;
  tips: TipsService;
  tickets: TicketsService;
  refunds: RefundsService;
  topUps: TopUpsService;
  wallet: WalletService;
  payouts: PayoutsService;
  earnings: EarningsService;
  follows: FollowsService;
  moderation: ModerationService;
  presence: PresenceService;
  reports: ReportsService;
  administration: AdministrationService;
  live: LiveService;
};

/**
 * Every service, constructed here and nowhere else; with the payment provider and the way for mails that are configured,
 * unless a test has others.
 */
export const createServices = (
  platform: Platform,
  provider = chooseProvider(platform),
  mailer = chooseMailer(platform.config),
): Services => {
  const { config, clock } = platform;
  const tokens = createTokens({ secrets: config.secrets, clock });
  const limits = createLimitsService(platform);
  const mail = createMailService({ ...platform, mailer });
  const recovery = createRecoveryService({ ...platform, mail, webUrl: config.mail.webUrl });
  const sealer = createSealer(config.secrets.encryption, 'second factor');
  const codes = createCodesService({ ...platform, sealer });
  const auth = createAuthService({
    ...platform,
    tokens,
    limits,
    recovery,
    codes,
    minimumAge: config.minimumAge,
  });
  const site = siteOf(config.mail.webUrl, config.webOrigins);
  const secondFactor = createSecondFactorService({
    ...platform,
    mail,
    sealer,
    codes,
    auth,
    issuer: site.domain,
  });
  const passkeys = createPasskeysService({
    ...platform,
    auth,
    site,
    secret: config.secrets.encryption.current,
  });
  const sessions = createSessionsService(platform);
  const ledger = createLedgerService({
    ...platform,
    auditIntervalMinutes: config.payments.auditIntervalMinutes,
  });
  const { currency } = config.payments;
  const media = createMediaService({ ...platform, store: chooseStore(config) });
  const users = createUsersService({
    ...platform,
    ledger,
    media,
    performerApproval: config.performerApproval,
  });
  const streams = createStreamsService({
    ...platform,
    users,
    performerApproval: config.performerApproval,
    currency,
  });
  const pictures = createPicturesService({
    ...platform,
    media,
    users,
    streams,
    encoder: createPictureEncoder(),
  });
  const chat = createChatService({ ...platform, streams, limits, rateLimits: config.rateLimits });
  const money = { ...platform, ledger, currency };
  const payments = createPaymentsService(platform);
  const tips = createTipsService({
    ...money,
    streams,
    feeBasisPoints: config.payments.tipFeeBasisPoints,
  });
  const tickets = createTicketsService({
    ...money,
    streams,
    feeBasisPoints: config.payments.ticketFeeBasisPoints,
    showGraceMinutes: config.payments.showGraceMinutes,
  });
  const topUps = createTopUpsService({ ...money, provider });
  const refunds = createRefundsService({ ...money, payments, topUps });
  const wallet = createWalletService({ ...money, holdDays: config.payments.payoutHoldDays });
  const payouts = createPayoutsService({
    ...money,
    minimum: config.payments.payoutMinimum,
    holdDays: config.payments.payoutHoldDays,
  });
  const earnings = createEarningsService(money);
  const follows = createFollowsService(platform);
  const moderation = createModerationService(platform);
  const presence = createPresenceService({ ...platform, nodeId: uuidv7() });
  const live = createLiveService({ ...platform, streams, presence });
  const reports = createReportsService(platform);
  const administration = createAdministrationService(platform);
  return {
    limits,
    mail,
    recovery,
    auth,
    secondFactor,
    passkeys,
    sessions,
    media,
    users,
    streams,
    pictures,
    chat,
    ledger,
    payments,
    tips,
    tickets,
    refunds,
    topUps,
    wallet,
    payouts,
    earnings,
    follows,
    moderation,
    presence,
    reports,
    administration,
    live,
  };
};

/** Begins what services do by themselves; returns what ends it, after the last socket and before the database. */
export const startServices = ({
  limits,
  mail,
  recovery,
  sessions,
  presence,
  live,
  ledger,
  tips,
  tickets,
  topUps,
  wallet,
  media,
}: Services): (() => Promise<void>) => {
  limits.start();
  mail.start();
  recovery.start();
  sessions.start();
  presence.start();
  live.start();
  ledger.start();
  tips.start();
  tickets.start();
  topUps.start();
  wallet.start();
  media.start();
  return async () => {
    live.stop();
    await sessions.stop();
    await recovery.stop();
    await mail.stop();
    await media.stop();
    await wallet.stop();
    await topUps.stop();
    await tickets.stop();
    await tips.stop();
    await ledger.stop();
    await presence.stop();
    limits.stop();
  };
};
