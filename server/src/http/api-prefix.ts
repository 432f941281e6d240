/** Where REST is mounted. */
export const API_PREFIX = '/api';
