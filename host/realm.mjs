// Makes the realms (vm contexts) that user code runs in. A realm has frozen intrinsics, no code generation from text, and
// no object of the host's realm in reach: our own functions inside it (inside/*.js) ask the host in texts and numbers.
import { createHash, createHmac, randomBytes, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import vm from 'node:vm'

/**
 * What the realm tells of the call that runs in it.
 *
 * @typedef {object} Listener
 * @property {(json: string) => void} succeeded
 * @property {(message: string, name: string, stack: string, printed: string) => void} failed
 */

/**
 * What a host lends its realms: nothing in a pure host.
 *
 * @typedef {object} Lent
 * @property {((name: string) => unknown) | undefined} require answers undefined for a module that it refuses
 * @property {Record<string, unknown>} globals
 */

/**
 * @typedef {object} Inside what inside/calls.js answers; its functions belong to the realm
 * @property {(module: Function) => void} load
 * @property {(inputText: string) => void} begin
 * @property {(timer: number) => void} fire
 * @property {(thrown: unknown) => void} failCurrent
 * @property {() => void} abandon
 * @property {(stateText: string) => string} open
 * @property {() => void} reopen
 * @property {(expression: Function) => string | undefined} evaluate
 * @property {() => void} close
 */

/**
 * @typedef {object} Realm
 * @property {Inside} inside
 * @property {object} promisePrototype tells whose a rejected promise is
 * @property {(code: string, names: string[]) => Function} compile the code is a function body
 * @property {(listener: Listener | undefined) => void} listen
 * @property {() => void} dispose
 */

/** @param {string} name */
const script = (name) =>
  new vm.Script(readFileSync(new URL(`inside/${name}`, import.meta.url), 'utf8'), { filename: name })

const scripts = {
  ask: script('ask.js'),
  freeze: script('freeze.js'),
  print: script('print.js'),
  web: script('web.js'),
  calls: script('calls.js'),
}
const promise = new vm.Script('Promise.prototype')

const withoutContextify = vm.constants?.DONT_CONTEXTIFY
if (withoutContextify === undefined) throw new Error('Node 20.18 or later is needed')

/**
 * Answers to what the code inside may ask. Each takes and gives texts, numbers and booleans; whatever else comes is
 * refused, should our code inside ever be fooled.
 */
const questions = {
  /** @type {(encoding: string, latin1: string, fatal: boolean, ignoreBOM: boolean) => string | undefined} */
  decode(encoding, latin1, fatal, ignoreBOM) {
    try {
      return new TextDecoder(encoding, { fatal, ignoreBOM }).decode(Buffer.from(latin1, 'latin1'))
    } catch {
      return undefined
    }
  },
  /** @type {(text: string, base: string | undefined) => string | undefined} */
  parseUrl: (text, base) => (URL.canParse(text, base) ? partsOf(new URL(text, base)) : undefined),
  /** @type {(href: string, name: string, value: string) => string | undefined} */
  changeUrl(href, name, value) {
    if (!URL_PARTS.includes(name)) return undefined
    try {
      const url = new URL(href)
      Reflect.set(url, name, value)
      return partsOf(url)
    } catch {
      return undefined
    }
  },
  uuid: () => randomUUID(),
  /** @type {(count: number) => string} */
  random: (count) => randomBytes(count).toString('latin1'),
  /** @type {(name: string, latin1: string, key: string | undefined) => string} */
  hash(name, latin1, key) {
    const hash = key === undefined ? createHash(name) : createHmac(name, Buffer.from(key, 'latin1'))
    return hash.update(Buffer.from(latin1, 'latin1')).digest().toString('latin1')
  },
}

const URL_PARTS = ['href', 'protocol', 'username', 'password', 'host', 'hostname', 'port', 'pathname', 'search', 'hash']

/** @param {URL} url */
const partsOf = (url) =>
  JSON.stringify({ origin: url.origin, ...Object.fromEntries(URL_PARTS.map((name) => [name, Reflect.get(url, name)])) })

/**
 * Wraps a function so that it takes plain values only and its own errors never reach the realm as objects.
 *
 * @param {Function} answer
 */
const plainly = (answer) =>
  /** @param {unknown[]} values */
  (...values) => {
    for (const value of values) {
      if (value !== undefined && (typeof value === 'object' || typeof value === 'function')) return undefined
    }
    try {
      return answer(...values)
    } catch {
      return undefined
    }
  }

/**
 * @param {Lent} lent
 * @param {number} outputLimit in characters
 * @returns {Realm}
 */
export function createRealm(lent, outputLimit) {
  const context = vm.createContext(withoutContextify, { codeGeneration: { strings: false, wasm: false } })
  /** @type {Listener | undefined} */
  let listener
  /** @type {Map<number, NodeJS.Timeout>} */
  const timers = new Map()
  /** @type {Record<string, Function>} */
  const answers = Object.create(null)
  for (const [name, answer] of Object.entries(questions)) answers[name] = plainly(answer)
  answers.succeeded = plainly((/** @type {string} */ json) => listener?.succeeded(json))
  answers.failed = plainly(
    /** @type {Listener['failed']} */
    (message, name, stack, printed) => listener?.failed(message, name, stack, printed),
  )
  answers.setTimer = plainly((/** @type {number} */ id, /** @type {number} */ delay, /** @type {boolean} */ repeat) => {
    if (repeat) {
      timers.set(id, setInterval(() => inside.fire(id), delay))
    } else {
      timers.set(id, setTimeout(() => {
        timers.delete(id)
        inside.fire(id)
      }, delay))
    }
  })
  answers.clearTimer = plainly((/** @type {number} */ id) => {
    clearTimeout(timers.get(id))
    timers.delete(id)
  })
  const limits = Object.freeze({ __proto__: null, output: outputLimit, version: process.version })
  const ask = scripts.ask.runInContext(context)(answers)
  const freeze = scripts.freeze.runInContext(context)
  const print = scripts.print.runInContext(context)
  const web = scripts.web.runInContext(context)(ask)
  /** @type {Inside} */
  const inside = scripts.calls.runInContext(context)(ask, print, freeze, web, limits, lent)
  return {
    inside,
    promisePrototype: promise.runInContext(context),
    compile: (code, names) => vm.compileFunction(code, names, { parsingContext: context, filename: 'code.ts' }),
    listen(next) {
      listener = next
    },
    dispose() {
      listener = undefined
      for (const timer of timers.values()) clearTimeout(timer)
      timers.clear()
    },
  }
}
