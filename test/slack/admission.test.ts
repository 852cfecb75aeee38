import { describe, expect, it } from 'vitest';
import { createAdmission } from '../../src/slack/admission.ts';

/** Things to be served that end when they are told to, at a time that only this test moves. */
const world = () => {
  let time = 0;
  const ends: (() => void)[] = [];
  const admission = createAdmission(() => time);
  return {
    admission,
    begin: (n: number) => {
      for (let k = 0; k < n; k += 1) void admission.serve(() => new Promise<void>((resolve) => ends.push(resolve)));
    },
    /** One after the other, each so many milliseconds after the last. */
    end: async (n: number, every: number) => {
      for (let k = 0; k < n; k += 1) {
        time += every;
        ends.shift()?.();
        await Promise.resolve();
        await Promise.resolve();
        await Promise.resolve();
      }
    },
  };
};

describe('what is let in', () => {
  it('is a few whatever they cost, and not a crowd of unknown cost', () => {
    const { admission, begin } = world();
    begin(8);
    expect(admission.admits()).toBe(true);
    begin(100);
    expect(admission.admits()).toBe(false);
  });

  it('is as many as were served lately in the time that somebody waits', async () => {
    const { admission, begin, end } = world();
    begin(60);
    await end(59, 2);
    begin(150);
    expect(admission.admits()).toBe(true);
    begin(500);
    expect(admission.admits()).toBe(false);
  });

  it('is less once each takes longer', async () => {
    const { admission, begin, end } = world();
    begin(60);
    await end(50, 100);
    begin(10);
    expect(admission.admits()).toBe(false);
  });

  it('is let in again when the crowd is gone', async () => {
    const { admission, begin, end } = world();
    begin(200);
    expect(admission.admits()).toBe(false);
    await end(195, 5);
    expect(admission.admits()).toBe(true);
  });
});
