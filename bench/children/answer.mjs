/** The other side of children.mjs: answers by name what the measured process asks, and ends when it is gone. */

export const answer = (handlers) => {
  process.on('disconnect', () => process.exit(0));
  process.on('message', ({ id, name, about }) => {
    Promise.resolve()
      .then(() => handlers[name](about))
      .then(
        (value) => process.send({ id, value }),
        (error) => process.send({ id, error: String(error.stack ?? error) }),
      );
  });
};
