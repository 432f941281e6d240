import type { Config } from './config.js';
import { demoAccounts } from './demo/demo-data.js';
import { DEMO_PASSWORD, demoEmail } from './demo/demo-logins.js';

const demoLogins = (): string[] => [
  '',
  `  Demo logins, all with the password ${DEMO_PASSWORD}`,
  ...demoAccounts.map(({ username, role }) => `    ${demoEmail(username).padEnd(26)} ${role}`),
];

/** What a developer wants to know once the server is up. */
export const welcome = (config: Config, hasDemoData: boolean): string =>
  [
    '',
    `VersBottomLex.me is ready on ${config.publicUrl}`,
    '',
    `  REST API    ${config.publicUrl}/api`,
    `  Swagger UI  ${config.publicUrl}/api-docs`,
    `  tRPC        ${config.publicUrl}/trpc`,
    `  Health      ${config.publicUrl}/health`,
    ...(config.mail.file === undefined ? [] : [`  Mails       ${config.mail.file}`]),
    ...(hasDemoData ? demoLogins() : []),
    '',
    'Press Ctrl-C to stop.',
    '',
  ].join('\n');
