import { expect, it } from 'vitest';
import { type BusEvent, createEventBus } from './event-bus.js';

const event: BusEvent = { type: 'streamChanged', streamId: '1' };

it('tells every listener at once, in the order in which they subscribed', () => {
  const bus = createEventBus();
  const heard: [string, BusEvent][] = [];
  bus.subscribe((each) => heard.push(['first', each]));
  bus.subscribe((each) => heard.push(['second', each]));
  bus.publish(event);
  expect(heard).toEqual([
    ['first', event],
    ['second', event],
  ]);
});

it('tells nothing to whoever has left, also in the middle of an event', () => {
  const bus = createEventBus();
  let heard = 0;
  const leaveFirst = bus.subscribe(() => leaveSecond());
  const leaveSecond = bus.subscribe(() => {
    heard += 1;
  });
  bus.publish(event);
  leaveFirst();
  leaveFirst();
  bus.publish(event);
  expect(heard).toBe(0);
});

it('says nothing of what happened before', () => {
  const bus = createEventBus();
  bus.publish(event);
  bus.subscribe(() => expect.unreachable());
});

it('goes on when a listener throws, and tells of it', () => {
  const faults: unknown[] = [];
  const bus = createEventBus((error) => faults.push(error));
  const fault = new Error('a listener failed');
  let heard = 0;
  bus.subscribe(() => {
    throw fault;
  });
  bus.subscribe(() => {
    heard += 1;
  });
  bus.publish(event);
  expect([heard, faults]).toEqual([1, [fault]]);
});
