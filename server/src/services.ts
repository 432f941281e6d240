import { v7 as uuidv7 } from 'uuid';
import { createAdministrationService } from './administration/administration.service.js';
import { createAuthService } from './auth/auth.service.js';
import { createTokens } from './auth/tokens.js';
import { createChatService } from './chat/chat.service.js';
import type { Config } from './config.js';
import { createFollowsService } from './follows/follows.service.js';
import { isAllowedOrigin } from './http/cors.js';
import { createLedgerService } from './ledger/ledger.service.js';
import { createLimitsService } from './limits/limits.service.js';
import { createLiveService } from './live/live.service.js';
import { chooseMailer } from './mail/choose-mailer.js';
import { createMailService } from './mail/mail.service.js';
import { createModerationService } from './moderation/moderation.service.js';
import { createPasskeysService } from './passkeys/passkeys.service.js';
import { siteOf } from './passkeys/site.js';
import { createPaymentsService } from './payments/payments.service.js';
import { createEarningsService } from './payouts/earnings.service.js';
import { createPayoutsService } from './payouts/payouts.service.js';
import type { Clock } from './platform/clock.js';
import type { Database } from './platform/database.js';
import type { EventBus } from './platform/event-bus.js';
import type { Logger } from './platform/logger.js';
import type { PasswordHasher } from './platform/password-hasher.js';
import { createSealer } from './platform/sealer.js';
import { createPresenceService } from './presence/presence.service.js';
import { createAccountMailsService } from './recovery/account-mails.service.js';
import { createRecoveryService } from './recovery/recovery.service.js';
import { createRefundsService } from './refunds/refunds.service.js';
import { createReportsService } from './reports/reports.service.js';
import { createSecondFactorService } from './second-factor/second-factor.service.js';
import { createSecondFactorCodesService } from './second-factor/second-factor-codes.service.js';
import { createSessionsService } from './sessions/sessions.service.js';
import { createStreamsService } from './streams/streams.service.js';
import { createTicketsService } from './tickets/tickets.service.js';
import { createTipsService } from './tips/tips.service.js';
import { chooseProvider } from './top-ups/providers/choose-provider.js';
import { createTopUpsService } from './top-ups/top-ups.service.js';
import { chooseStore } from './uploads/choose-store.js';
import { createMediaService } from './uploads/media.service.js';
import { createPictureEncoder } from './uploads/picture-encoder.js';
import { createPicturesService } from './uploads/pictures.service.js';
import { createUsersService } from './users/users.service.js';
import { createWalletService } from './wallet/wallet.service.js';

export type Platform = {
  config: Config;
  database: Database;
  bus: EventBus;
  clock: Clock;
  logger: Logger;
  passwords: PasswordHasher;
};

/**
 * Every service, constructed here and nowhere else; with the payment provider and the way for mails that are configured,
 * unless a test has others.
 */
export const createServices = (
  platform: Platform,
  provider = chooseProvider(platform),
  mailer = chooseMailer(platform.config),
) => {
  const { config, clock } = platform;
  const tokens = createTokens({ secrets: config.secrets, clock });
  const limits = createLimitsService(platform);
  const mail = createMailService({ ...platform, mailer });
  const accountMails = createAccountMailsService({ ...platform, mail, webUrl: config.mail.webUrl });
  const sealer = createSealer(config.secrets.encryption, 'second factor');
  const codes = createSecondFactorCodesService({ ...platform, sealer });
  const auth = createAuthService({
    ...platform,
    tokens,
    limits,
    accountMails,
    codes,
    minimumAge: config.minimumAge,
  });
  const recovery = createRecoveryService({ ...platform, mail, accountMails, auth, codes });
  const site = siteOf(config.mail.webUrl, isAllowedOrigin(config));
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
    mail,
    codes,
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

export type Services = ReturnType<typeof createServices>;

/** Begins what services do by themselves; returns what ends it, after the last socket and before the database. */
export const startServices = (services: Services): (() => Promise<void>) => {
  const { limits, presence, ledger, tips, tickets, topUps, wallet, media } = services;
  const { mail, recovery, sessions, live } = services;
  // Each may use those before it until it has stopped.
  const active = [
    limits,
    presence,
    ledger,
    tips,
    tickets,
    topUps,
    wallet,
    media,
    mail,
    recovery,
    sessions,
    live,
  ];
  for (const service of active) service.start();
  return async () => {
    for (const service of active.toReversed()) await service.stop();
  };
};
