import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { createFileMailer } from './file-mailer.js';

const directory = mkdtempSync(join(tmpdir(), 'mails-'));
afterAll(() => rmSync(directory, { recursive: true }));

const mail = { to: 'ada@example.com', subject: 'Set a new password', text: 'Hello ada,\n\nBye' };

it('appends mails to a file that only its owner may read, in a folder that it makes', async () => {
  const file = join(directory, 'data', 'mails.txt');
  const mailer = createFileMailer(file);
  await mailer.send(mail);
  await mailer.send({ ...mail, to: 'eve@example.com' });
  const text = readFileSync(file, 'utf8');
  expect(text.match(/^To: .*$/gm)).toEqual(['To: ada@example.com', 'To: eve@example.com']);
  expect(text).toContain('\nSubject: Set a new password\n\nHello ada,\n\nBye\n\n');
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

it('gives a file that cannot be written up', async () => {
  writeFileSync(join(directory, 'no-folder'), '');
  const failing = createFileMailer(join(directory, 'no-folder', 'mails.txt')).send(mail);
  await expect(failing).rejects.toMatchObject({ isPermanent: true, reason: 'EEXIST' });
});
