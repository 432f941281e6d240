/** Writes what is generated from the routers; with `--check` ends with 1 where a file is stale, and says which. */
await import('./router-types.js');
await import('./openapi.js');
