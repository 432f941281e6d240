import type { KnownThings } from './known-things.js';
import type { Random } from './random.js';
import type { Document } from './requests.js';
import { createValues, hostileText, hostileValue, type Schema } from './values.js';

/** A procedure as frames name it, and its input as JSON Schema; none for one without. */
export type FuzzedProcedure = {
  path: string;
  type: 'query' | 'mutation' | 'subscription';
  input: Schema | undefined;
};

/** Makes frames that are calls, several of them, nearly JSON, or nothing like it. */
export const createFrames = (
  document: Document,
  procedures: readonly FuzzedProcedure[],
  random: Random,
  things: KnownThings,
) => {
  const message = (): unknown => {
    if (random.isOnce(3)) return hostileValue(random);
    const { path, type, input } = random.pick(procedures);
    const hostility = random.pick([0, 10, 40]);
    const values = createValues(
      document.components.schemas,
      random,
      things.knownFor(`/${path.replace('.', 's/')}`),
    );
    return {
      id: random.isOnce(90) ? random.below(100) : hostileValue(random),
      ...(random.isOnce(20) && { jsonrpc: random.pick(['2.0', '1.0', null]) }),
      method: random.isOnce(90)
        ? type
        : random.pick(['query', 'mutation', 'subscription', 'subscription.stop', 'x']),
      params: {
        path: random.isOnce(97) ? path : hostileText(random),
        input: input && values.make(input, '', hostility),
        ...(random.isOnce(10) && {
          lastEventId: random.pick(['1:1', '0:0', '9:99999999999', hostileText(random)]),
        }),
      },
    };
  };
  return (): string => {
    const kind = random.below(100);
    if (kind < 80) return JSON.stringify(message());
    if (kind < 90) return JSON.stringify(Array.from({ length: random.below(5) }, message));
    if (kind < 96) return JSON.stringify(message()).slice(0, random.below(200));
    return hostileText(random).toWellFormed();
  };
};
