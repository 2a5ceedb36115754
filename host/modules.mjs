// What an effectful host lends its realms: fetch with its classes, Buffer, and built-in modules that reach no file, no
// process and no other code.
import { createRequire } from 'node:module'

const ALLOWED = new Set([
  'assert', 'assert/strict', 'buffer', 'crypto', 'dns', 'dns/promises', 'events', 'http', 'http2', 'https', 'net', 'path',
  'path/posix', 'punycode', 'querystring', 'stream', 'stream/promises', 'stream/web', 'string_decoder', 'timers',
  'timers/promises', 'tls', 'url', 'util', 'util/types', 'zlib',
])

const GLOBALS = [
  'AbortController', 'AbortSignal', 'Blob', 'Buffer', 'CompressionStream', 'DecompressionStream', 'Event', 'EventTarget',
  'FormData', 'Headers', 'ReadableStream', 'Request', 'Response', 'TransformStream', 'WritableStream',
]

const load = createRequire(import.meta.url)

/**
 * @param {() => import('./calls.mjs').Call | undefined} currentCall
 * @returns {import('./realm.mjs').Lent}
 */
export function lendModules(currentCall) {
  /**
   * A realm that has used a module or has a request on its way is not used again: what it started can come late.
   *
   * @param {(call: import('./calls.mjs').Call) => void} action
   */
  const note = (action) => {
    const call = currentCall()
    if (call !== undefined) action(call)
  }
  /** @type {Record<string, unknown>} */
  const globals = { fetch: lentFetch(note) }
  for (const name of GLOBALS) globals[name] = Reflect.get(globalThis, name)
  return {
    globals,
    require(name) {
      if (!ALLOWED.has(name)) return undefined
      note((call) => call.borrowed++)
      return load(`node:${name}`)
    },
  }
}

/** @param {(action: (call: import('./calls.mjs').Call) => void) => void} note */
function lentFetch(note) {
  /**
   * @param {Parameters<typeof fetch>[0]} resource
   * @param {Parameters<typeof fetch>[1]} options
   */
  return async (resource, options) => {
    let own = ''
    note((call) => {
      call.borrowed++
      own = call.own
    })
    try {
      // A URL of the realm's own class is text to the host's.
      const target = resource instanceof Request ? resource : String(resource)
      const signed = own === '' ? undefined : saysWhoCalls(target, options, JSON.parse(own))
      return await (signed === undefined ? fetch(target, options) : fetch(signed))
    } catch (error) {
      const refused = refusedAddress(/** @type {Error} */ (error).cause)
      if (refused !== undefined) {
        throw new Error(`The address ${refused} is refused (AP_NETWORK_MODE, AP_SSRF_ALLOW_LIST)`)
      }
      throw error
    }
  }
}

/**
 * A flow that starts itself over and over is stopped by the header.
 *
 * @param {Request | string} target
 * @param {Parameters<typeof fetch>[1]} options
 * @param {{name: string, value: string, start: string, hosts: string[], port: number, path: string}} own
 * @returns {Request | undefined} with the header if it goes to the server itself
 */
function saysWhoCalls(target, options, own) {
  const text = target instanceof Request ? target.url : target
  if (!URL.canParse(text)) return undefined
  const { href, hostname, port, pathname } = new URL(text)
  const samePort = own.port === 0 || (port || '80') === String(own.port)
  const here = own.hosts.includes(hostname) && samePort && pathname.startsWith(own.path)
  if (!here && !href.startsWith(own.start)) return undefined
  const request = new Request(target, options)
  request.headers.set(own.name, own.value)
  return request
}

/**
 * @param {any} cause of a failed request: an error of the connection, or one for each address that was tried
 * @returns {string | undefined}
 */
function refusedAddress(cause) {
  const errors = cause?.errors ?? [cause]
  return errors.find((/** @type {any} */ error) => error?.code === 'EACCES')?.address
}
