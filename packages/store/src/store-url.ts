import { invalid } from '@mlops/core'

/** What a store URL names. */
export type StoreLocation =
  | { readonly dialect: 'sqlite'; readonly path: string }
  | { readonly dialect: 'postgres'; readonly url: string }

/**
 * Reads a store URL: `sqlite:relative/file.db`, `sqlite:/absolute/file.db`, `sqlite::memory:`,
 * `postgres://user:password@host:5432/database`.
 *
 * @throws `invalid` `store.invalid-url`; passwords are masked in the message.
 */
export function parseStoreUrl(url: string): StoreLocation {
  if (typeof url !== 'string') throw badUrl(String(url), 'a store URL is a text')
  if (url.startsWith('sqlite:')) {
    const rest = url.slice('sqlite:'.length)
    const path = rest.startsWith('///') ? rest.slice(2) : rest
    if (path === '' || path.startsWith('//')) {
      throw badUrl(url, 'a SQLite URL is sqlite:FILE, for example sqlite:./mlops.db')
    }
    return { dialect: 'sqlite', path }
  }
  if (/^postgres(ql)?:/.test(url)) {
    let parsed: URL
    try {
      parsed = new URL(url)
    } catch {
      throw badUrl(url, 'a PostgreSQL URL is postgres://user:password@host:5432/database')
    }
    if (parsed.pathname.length < 2) throw badUrl(url, 'the database name after the host is missing')
    return { dialect: 'postgres', url }
  }
  throw badUrl(url, 'a store URL starts with sqlite: or postgres:')
}

/**
 * The URL without its password: what may be printed.
 *
 * @example
 * ```ts
 * import { redactUrl } from '@mlops/store'
 *
 * console.log(redactUrl('postgres://ada:secret@db/mlops')) // 'postgres://ada:***@db/mlops'
 * ```
 */
export function redactUrl(url: string): string {
  return url
    .replace(/(:\/\/[^:/?#]*:).*@/, '$1***@')
    .replace(/([?&](?:password|sslpassword)=)[^&#]*/gi, '$1***')
}

function badUrl(url: string, hint: string) {
  const shown = redactUrl(url)
  return invalid('store.invalid-url', `cannot read the store URL '${shown}': ${hint}`, {
    url: shown,
  })
}
