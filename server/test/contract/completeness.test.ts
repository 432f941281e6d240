import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { appRouter } from '../../src/app-router.js';
import { operations } from '../transports.js';

const procedures = Object.keys(appRouter._def.procedures);

/** `auth.changePassword` is held by `auth-change-password.contract.test.ts`. */
const fileOf = (procedure: string): string => {
  const words = procedure.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return `${words.replace('.', '-')}.contract.test.ts`;
};

describe('the contract', () => {
  it.each(procedures)('of %s has a file of its own', (procedure) => {
    const files = readdirSync(import.meta.dirname);
    expect(files).toContain(fileOf(procedure));
    const text = readFileSync(`${import.meta.dirname}/${fileOf(procedure)}`, 'utf8');
    expect(text.replaceAll(/\s/g, '')).toContain(`contract('${procedure}',{`);
  });

  it('has every procedure on REST too', () => {
    expect(operations.map(({ procedurePath }) => procedurePath).sort()).toEqual(procedures.sort());
  });
});
