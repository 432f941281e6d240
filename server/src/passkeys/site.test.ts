import { expect, it } from 'vitest';
import { isAllowedOrigin } from '../http/cors.js';
import { expectedOriginsOf, siteOf } from './site.js';

const production = isAllowedOrigin({
  mode: 'production',
  publicUrl: 'https://api.example.com',
  webOrigins: [
    'https://app.example.com',
    'https://example.com:8443',
    'https://notexample.com',
    'https://example.com.evil.example',
    'https://other.example',
  ],
});
const development = isAllowedOrigin({
  mode: 'development',
  publicUrl: 'http://localhost:3000',
  webOrigins: [],
});

it.each([
  ['https://example.com', true],
  ['https://app.example.com', true],
  ['https://example.com:8443', true],
  ['https://unnamed.example.com', false],
  ['http://example.com', false],
  ['https://notexample.com', false],
  ['https://example.com.evil.example', false],
  ['https://other.example', false],
  ['http://localhost:5173', false],
  ['null', false],
])('is the domain of the web pages, with the allowed origins on it or below: %s %s', (origin, isOwn) => {
  const site = siteOf('https://example.com/live', production);
  expect([site.domain, site.hasOrigin(origin)]).toEqual(['example.com', isOwn]);
});

it.each([
  ['http://localhost:3000', true],
  ['http://localhost:5173', true],
  ['http://127.0.0.1:5173', false],
  ['https://localhost.evil.example', false],
])('is any port of the machine itself in development: %s %s', (origin, isOwn) => {
  const site = siteOf('http://localhost:3000', development);
  expect([site.domain, site.hasOrigin(origin)]).toEqual(['localhost', isOwn]);
});

it.each([
  ['{"origin":"http://localhost:5173"}', ['http://localhost:5173']],
  ['{"origin":"https://other.example"}', []],
  ['{"origin":7}', []],
  ['{}', []],
  ['null', []],
  ['{', []],
])('expects no origin but one of the site: %s', (clientData, expected) => {
  const site = siteOf('http://localhost:3000', development);
  expect(expectedOriginsOf(site, Buffer.from(clientData).toString('base64url'))).toEqual(expected);
});
