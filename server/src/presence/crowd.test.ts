import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scaled } from '../../test/scale.js';
import { type Attendance, type Attendee, type Change, createCrowd, GRACE_MS } from './crowd.js';

const nobody: Change = { joined: [], left: [] };
const user = (key: string): Attendee => ({ key, isGuest: false });
const guest = (key: string): Attendee => ({ key, isGuest: true });
const viewers = (viewerCount: number, guestCount = 0) => ({ viewerCount, guestCount });

describe('users', () => {
  it('join with the first tab and leave 8 s after the last one', () => {
    const crowd = createCrowd();
    expect(crowd.enter(user('ava'))).toEqual({ joined: ['ava'], left: [] });
    expect(crowd.enter(user('ava'))).toEqual(nobody);
    crowd.leave(user('ava'), 0);
    expect(crowd.endGraces(60_000)).toEqual(nobody);
    crowd.leave(user('ava'), 60_000);
    expect(crowd.endGraces(60_000 + GRACE_MS - 1)).toEqual(nobody);
    expect(crowd.audience()).toEqual(viewers(1));
    expect(crowd.endGraces(60_000 + GRACE_MS)).toEqual({ joined: [], left: ['ava'] });
    expect([crowd.audience(), crowd.isEmptyHere()]).toEqual([viewers(0), true]);
  });

  it('who come back within the grace neither leave nor join, and have a whole grace again', () => {
    const crowd = createCrowd();
    crowd.enter(user('ava'));
    crowd.leave(user('ava'), 0);
    expect(crowd.enter(user('ava'))).toEqual(nobody);
    crowd.leave(user('ava'), 7000);
    expect(crowd.endGraces(8000)).toEqual(nobody);
    expect(crowd.endGraces(15_000)).toEqual({ joined: [], left: ['ava'] });
  });

  it('are one viewer over two processes, and leave when neither has them', () => {
    const crowd = createCrowd();
    crowd.setElsewhere([{ userIds: ['ava'], guestCount: 0 }]);
    expect(crowd.enter(user('ava'))).toEqual(nobody);
    expect(crowd.audience()).toEqual(viewers(1));
    crowd.leave(user('ava'), 0);
    expect(crowd.endGraces(GRACE_MS)).toEqual(nobody);
    expect(crowd.audience()).toEqual(viewers(1));
    expect(crowd.setElsewhere([])).toEqual({ joined: [], left: ['ava'] });
  });
});

describe('guests', () => {
  it('count each, once for all subscriptions of a connection', () => {
    const crowd = createCrowd();
    for (const key of ['guest:1', 'guest:1', 'guest:2']) crowd.enter(guest(key));
    expect(crowd.audience()).toEqual(viewers(2, 2));
    crowd.leave(guest('guest:1'), 0);
    crowd.endGraces(GRACE_MS);
    expect(crowd.audience()).toEqual(viewers(2, 2));
  });

  it('who reconnect within the grace are not counted twice', () => {
    const crowd = createCrowd();
    for (let connection = 0; connection < 10; connection += 1) crowd.enter(guest(`guest:${connection}`));
    for (let connection = 0; connection < 10; connection += 1) crowd.leave(guest(`guest:${connection}`), 0);
    for (let connection = 10; connection < 18; connection += 1) {
      crowd.enter(guest(`guest:${connection}`));
      expect(crowd.audience()).toEqual(viewers(10, 10));
    }
    crowd.endGraces(GRACE_MS);
    expect(crowd.audience()).toEqual(viewers(8, 8));
  });
});

it('has a version that changes exactly when the attendance does', () => {
  const crowd = createCrowd();
  const versions = [crowd.version()];
  const after = (step: () => unknown) => {
    step();
    versions.push(crowd.version());
  };
  after(() => crowd.enter(user('ava')));
  after(() => crowd.enter(user('ava')));
  after(() => crowd.setElsewhere([{ userIds: ['ben'], guestCount: 3 }]));
  after(() => crowd.enter(guest('guest:1')));
  after(() => crowd.leave(guest('guest:1'), 0));
  after(() => crowd.enter(guest('guest:2')));
  after(() => crowd.endGraces(GRACE_MS));
  after(() => crowd.leave(guest('guest:2'), GRACE_MS));
  after(() => crowd.endGraces(2 * GRACE_MS));
  expect(versions).toEqual([0, 1, 1, 1, 2, 2, 2, 2, 2, 3]);
});

/** The same by brute force: every connection and every grace in a list. */
const createModel = () => {
  let connections: Attendee[] = [];
  let graces: (Attendee & { endsMs: number })[] = [];
  let elsewhere: Attendance[] = [];
  const usersHere = () =>
    new Set([...connections, ...graces].filter(({ isGuest }) => !isGuest).map(({ key }) => key));
  const guestsHere = () =>
    new Set(connections.filter(({ isGuest }) => isGuest).map(({ key }) => key)).size +
    graces.filter(({ isGuest }) => isGuest).length;
  return {
    enter: ({ key, isGuest }: Attendee) => {
      const isNew = connections.every((each) => each.key !== key);
      connections.push({ key, isGuest });
      const ended = isGuest
        ? isNew && graces.find((grace) => grace.isGuest)
        : graces.find((grace) => grace.key === key);
      graces = graces.filter((grace) => grace !== ended);
    },
    leave: (attendee: Attendee, nowMs: number) => {
      const place = connections.findIndex(({ key }) => key === attendee.key);
      if (place < 0) return;
      connections = connections.toSpliced(place, 1);
      if (connections.every(({ key }) => key !== attendee.key)) {
        graces.push({ ...attendee, endsMs: nowMs + GRACE_MS });
      }
    },
    endGraces: (nowMs: number) => {
      graces = graces.filter(({ endsMs }) => endsMs > nowMs);
    },
    setElsewhere: (attendances: Attendance[]) => {
      elsewhere = attendances;
    },
    users: () => new Set([...usersHere(), ...elsewhere.flatMap(({ userIds }) => userIds)]),
    attendance: () => ({ userIds: [...usersHere()].sort(), guestCount: guestsHere() }),
    guestCount: () => guestsHere() + elsewhere.reduce((sum, { guestCount }) => sum + guestCount, 0),
  };
};

const names = ['ava', 'ben', 'cleo', 'dan', 'eve'];
const anAttendee = fc.oneof(
  fc.constantFrom(...names).map(user),
  fc.constantFrom('guest:1', 'guest:2', 'guest:3').map(guest),
);
const aStep = fc.oneof(
  fc.record({ enter: anAttendee }),
  fc.record({ leave: anAttendee }),
  fc.record({ afterMs: fc.integer({ min: 0, max: 12_000 }) }),
  fc.record({
    elsewhere: fc.array(
      fc.record({ userIds: fc.subarray(names), guestCount: fc.integer({ min: 0, max: 3 }) }),
      { maxLength: 3 },
    ),
  }),
);

it('tells exactly who came and went, and how many there are, whatever happens', () => {
  fc.assert(
    fc.property(fc.array(aStep, { maxLength: 60 }), (steps) => {
      const crowd = createCrowd();
      const model = createModel();
      let nowMs = 0;
      const take = (step: (typeof steps)[number]): Change => {
        if ('enter' in step) {
          model.enter(step.enter);
          return crowd.enter(step.enter);
        }
        if ('leave' in step) {
          model.leave(step.leave, nowMs);
          crowd.leave(step.leave, nowMs);
          return nobody;
        }
        if ('elsewhere' in step) {
          model.setElsewhere(step.elsewhere);
          return crowd.setElsewhere(step.elsewhere);
        }
        nowMs += step.afterMs;
        model.endGraces(nowMs);
        return crowd.endGraces(nowMs);
      };
      for (const step of steps) {
        const before = model.users();
        const { joined, left } = take(step);
        const after = model.users();
        expect([...joined].sort()).toEqual([...after].filter((key) => !before.has(key)).sort());
        expect([...left].sort()).toEqual([...before].filter((key) => !after.has(key)).sort());
        const guestCount = model.guestCount();
        expect(crowd.audience()).toEqual({ viewerCount: after.size + guestCount, guestCount });
        const { userIds, guestCount: guestsHere } = crowd.attendance();
        expect({ userIds: [...userIds].sort(), guestCount: guestsHere }).toEqual(model.attendance());
        expect(crowd.isEmptyHere()).toBe(userIds.length + guestsHere === 0);
      }
    }),
    { numRuns: scaled({ quick: 500, full: 20_000 }) },
  );
});
