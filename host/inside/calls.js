// Runs inside each realm: calls the user's module, one call at a time, and tells the host how each ended. What the host
// learns are texts and numbers; no value of this realm and none of the host's ever crosses.
;(function (ask, printer, freeze, web, limits, lent) {
  'use strict'

  const { describe, format } = printer
  const PRINTED_MOST = 4096
  const TIMERS_MOST = 10000
  const CLOSED = 'Timers, console and process belong to the call of a step, which has ended'

  /**
   * The call that runs. Everything late (a timer, a rejection) is compared with it, so that it can't reach the next.
   *
   * @type {{printed: string, timers: Map<number, {callback: Function, args: unknown[], repeat: boolean}>} | undefined}
   */
  let current
  /** @type {Function} */
  let body
  let lastTimer = 0

  function settle(call) {
    if (call !== current) return false
    current = undefined
    for (const id of call.timers.keys()) ask.clearTimer(id)
    return true
  }

  function succeed(call, value) {
    if (call !== current) return
    let text
    try {
      text = JSON.stringify(value) ?? 'null'
    } catch (error) {
      const { message } = describe(error)
      fail(call, new TypeError(`The output can not be written as JSON: ${message}`))
      return
    }
    if (text.length > limits.output) {
      const megabytes = (characters) => (characters / 1048576).toFixed(1)
      fail(call, new RangeError(`The output has ${megabytes(text.length)} MB, more than ${megabytes(limits.output)} MB`))
      return
    }
    if (settle(call)) ask.succeeded(text)
  }

  function fail(call, thrown) {
    if (call === undefined || call !== current) return
    const { message, name, stack } = describe(thrown)
    // Describing runs the user's getters, which may have ended the call.
    if (settle(call)) ask.failed(message, name, stack, call.printed)
  }

  /** Begins a call; never throws and never rejects. */
  async function start(call, inputText) {
    try {
      const module = { exports: {} }
      body.call(undefined, module.exports, require, module)
      const code = module.exports?.code
      if (typeof code !== 'function') throw new TypeError('The source exports no function named "code"')
      succeed(call, await code(JSON.parse(inputText)))
    } catch (error) {
      fail(call, error)
    }
  }

  function running() {
    if (current === undefined) throw new Error(CLOSED)
    return current
  }

  // console

  const counts = new Map()
  const print = (...values) => {
    const call = current
    if (call === undefined || call.printed.length >= PRINTED_MOST) return
    const text = call.printed + format(values) + '\n'
    call.printed = text.length > PRINTED_MOST ? text.slice(0, PRINTED_MOST) + '…' : text
  }
  const silent = () => {}
  const console = {
    log: print, info: print, debug: print, warn: print, error: print, trace: print, table: print, group: print,
    dir: (value) => print(value),
    assert: (condition, ...values) => condition || print('Assertion failed', ...values),
    count: silent, countReset: silent, groupCollapsed: print, groupEnd: silent, time: silent, timeEnd: silent,
    timeLog: silent, clear: silent,
  }

  // timers

  class Timeout {
    #id
    constructor(id) {
      this.#id = id
      Object.freeze(this)
    }
    ref() {
      return this
    }
    unref() {
      return this
    }
    hasRef() {
      return true
    }
    [Symbol.toPrimitive]() {
      return this.#id
    }
    get id() {
      return this.#id
    }
  }

  function schedule(callback, delay, args, repeat) {
    if (typeof callback !== 'function') throw new TypeError('The callback of a timer must be a function')
    const { timers } = running()
    if (timers.size >= TIMERS_MOST) throw new RangeError(`More than ${TIMERS_MOST} timers`)
    const id = ++lastTimer
    const milliseconds = Number(delay)
    timers.set(id, { callback, args, repeat })
    ask.setTimer(id, milliseconds >= 1 && milliseconds <= 0x7fffffff ? milliseconds : 1, repeat)
    return new Timeout(id)
  }

  function clear(timer) {
    const id = Number(timer)
    if (current?.timers.delete(id)) ask.clearTimer(id)
  }

  function fire(id) {
    const call = current
    const timer = call?.timers.get(id)
    if (call === undefined || timer === undefined) return
    if (!timer.repeat) call.timers.delete(id)
    guarded(call, timer.callback, timer.args)
  }

  function guarded(call, callback, args) {
    try {
      callback(...args)
    } catch (error) {
      fail(call, error)
    }
  }

  function soon(callback, ...args) {
    if (typeof callback !== 'function') throw new TypeError('The callback must be a function')
    const call = running()
    Promise.resolve().then(() => guarded(call, callback, args))
  }

  const process = {
    env: {},
    argv: [],
    platform: 'linux',
    version: limits.version,
    versions: { node: limits.version.slice(1) },
    nextTick: soon,
    uptime: () => Date.now() / 1000,
    hrtime: Object.assign(
      () => [Math.floor(Date.now() / 1000), (Date.now() % 1000) * 1000000],
      { bigint: () => BigInt(Date.now()) * 1000000n },
    ),
    cwd: () => '/',
    on: () => process,
    once: () => process,
    exit(code = 0) {
      const error = new Error(`process.exit(${format([code])}) was called`)
      fail(current, error)
      throw error
    },
  }

  /** @param {string} name */
  function require(name) {
    const plain = String(name).replace(/^node:/, '')
    const found = lent.require?.(plain)
    if (found === undefined) {
      throw Object.assign(new Error(`The module '${plain}' is not available in code steps`), { code: 'MODULE_NOT_FOUND' })
    }
    return found
  }

  const globals = {
    ...web,
    console,
    process,
    global: globalThis,
    performance: { now: () => Date.now(), timeOrigin: 0 },
    setTimeout: (callback, delay, ...args) => schedule(callback, delay, args, false),
    setInterval: (callback, delay, ...args) => schedule(callback, delay, args, true),
    setImmediate: (callback, ...args) => schedule(callback, 0, args, false),
    clearTimeout: clear,
    clearInterval: clear,
    clearImmediate: clear,
    queueMicrotask: (callback) => soon(callback),
  }
  const define = (name, value) => Object.defineProperty(globalThis, name, {
    value, writable: true, enumerable: false, configurable: true,
  })
  for (const [name, value] of Object.entries(globals)) define(name, value)

  /** What it lends is of the host's realm; what most steps see of it, errors and parsed bodies, is made this realm's. */
  const fetchOf = (lentFetch) => async (...values) => {
    try {
      const response = await lentFetch(...values)
      Object.defineProperty(response, 'json', { value: async () => JSON.parse(await response.text()) })
      return response
    } catch (error) {
      throw new TypeError(String(error?.message), { cause: error?.cause })
    }
  }

  freeze([Timeout.prototype, require], () => {
    for (const name of Object.keys(lent.globals)) {
      const value = lent.globals[name]
      define(name, name === 'fetch' ? fetchOf(value) : value)
    }
  })

  // expressions

  const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*$/u
  let stateText = '{}'
  let values = []

  /** Flat list of what stands under the keys, one after the other; reference/engine-semantics §5.6. */
  function flattenNestedKeys(data, keys) {
    if (Array.isArray(data)) return data.flatMap((item) => flattenNestedKeys(item, keys))
    if (keys.length === 0) return typeof data === 'object' || data === undefined ? [] : [data]
    if (typeof data !== 'object' || data === null || !Object.hasOwn(data, keys[0])) return []
    return flattenNestedKeys(data[keys[0]], keys.slice(1))
  }
  Object.freeze(flattenNestedKeys)

  function spread(state) {
    values = [flattenNestedKeys]
    const names = ['flattenNestedKeys']
    for (const name of Object.keys(state)) {
      if (!IDENTIFIER.test(name)) continue
      names.push(name)
      values.push(state[name])
    }
    return names.join(',')
  }

  return Object.freeze({
    load(module) {
      body = module
    },
    begin(inputText) {
      current = { printed: '', timers: new Map() }
      start(current, inputText)
    },
    fire,
    failCurrent: (thrown) => fail(current, thrown),
    abandon() {
      if (current !== undefined) settle(current)
    },
    /** Takes the state of the expressions that follow and answers the names they see, with commas. */
    open(text) {
      stateText = text
      return spread(JSON.parse(text))
    },
    /** The state as it was given: an expression can change what it sees. */
    reopen() {
      spread(JSON.parse(stateText))
    },
    /** The value as JSON; undefined when it has none or the expression throws. */
    evaluate(expression) {
      try {
        return JSON.stringify(expression(...values))
      } catch {
        return undefined
      }
    },
    close() {
      stateText = '{}'
      values = []
    },
  })
})
