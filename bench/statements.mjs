/** Notes every statement from outside: on both engines each passes through `pg`'s client. */
import pg from 'pg';

/** Runs `work`; its result, and the text and values of each statement. */
export const watched = async (work) => {
  const queries = [];
  const { prototype } = pg.Client;
  const original = prototype.query;
  prototype.query = function (query, values, ...rest) {
    queries.push(
      typeof query === 'string'
        ? { sql: query, parameters: values ?? [] }
        : { sql: query.text, parameters: query.values ?? [] },
    );
    return original.call(this, query, values, ...rest);
  };
  try {
    return { result: await work(), queries };
  } finally {
    prototype.query = original;
  }
};
