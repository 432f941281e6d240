export { toIsoTimestamp } from './columns.js';
export * from './messages.js';
export * from './payments.js';
export * from './sessions.js';
export * from './streams.js';
export * from './users.js';
