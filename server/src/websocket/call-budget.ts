/**
 * How many calls a socket may still make: `burst` at once, refilled by `perSecond`. `spend` is false once there are no
 * more. Times are milliseconds of any clock that goes forward.
 */
export const createCallBudget = (
  { burst, perSecond }: { burst: number; perSecond: number },
  nowMs: number,
) => {
  let left = burst;
  let countedAtMs = nowMs;
  return {
    spend: (calls: number, atMs: number): boolean => {
      left = Math.min(burst, left + ((atMs - countedAtMs) / 1000) * perSecond);
      countedAtMs = atMs;
      left -= calls;
      return left >= 0;
    },
  };
};

export type CallBudget = ReturnType<typeof createCallBudget>;
