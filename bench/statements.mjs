/** Notes every statement from outside: on a server each passes through `pg`'s client, on the embedded engine through Kysely's executor. */
import pg from 'pg';

const wrapping = (prototype, method, note) => {
  const original = prototype[method];
  prototype[method] = function (query, ...rest) {
    note(query, rest);
    return original.call(this, query, ...rest);
  };
  return () => {
    prototype[method] = original;
  };
};

/** Runs `work`; its result, and the text and values of each statement. */
export const watched = async ({ engine, kysely }, work) => {
  const queries = [];
  const note = (sql, parameters) => queries.push({ sql, parameters: parameters ?? [] });
  const undo =
    engine === 'postgres'
      ? wrapping(pg.Client.prototype, 'query', (query, [values]) =>
          typeof query === 'string' ? note(query, values) : note(query.text, query.values),
        )
      : wrapping(Object.getPrototypeOf(Object.getPrototypeOf(kysely.getExecutor())), 'executeQuery', (query) =>
          note(query.sql, query.parameters),
        );
  try {
    return { result: await work(), queries };
  } finally {
    undo();
  }
};
