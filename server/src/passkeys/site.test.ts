import { expect, it } from 'vitest';
import { siteOf } from './site.js';

it('is the domain of the web pages, with the allowed origins on it or below', () => {
  const allowed = [
    'https://app.example.com',
    'https://example.com:8443',
    'https://notexample.com',
    'https://example.com.evil.example',
    'https://other.example',
  ];
  expect(siteOf('https://example.com/live', allowed)).toEqual({
    domain: 'example.com',
    origins: ['https://example.com', 'https://app.example.com', 'https://example.com:8443'],
  });
});

it('is the machine itself in development', () => {
  expect(siteOf('http://localhost:3000', ['http://localhost:5173'])).toEqual({
    domain: 'localhost',
    origins: ['http://localhost:3000', 'http://localhost:5173'],
  });
});
