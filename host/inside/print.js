// Runs inside each realm: turns values into the text that console prints and that errors carry. Everything it touches
// may be a user's proxy or getter; what these throw is part of the text.
;(function () {
  'use strict'

  const DEEPEST = 4
  const LONGEST_LIST = 100
  const LONGEST_TEXT = 10000

  const cut = (text, limit) => (text.length > limit ? text.slice(0, limit) + '…' : text)

  function inspect(value, depth, path) {
    switch (typeof value) {
      case 'string':
        return depth === 0 ? value : JSON.stringify(cut(value, LONGEST_TEXT))
      case 'bigint':
        return `${value}n`
      case 'symbol':
        return value.toString()
      case 'function':
        return value.name ? `[Function: ${value.name}]` : '[Function]'
      case 'object':
        return value === null ? 'null' : inspectObject(value, depth, path)
      default:
        return Object.is(value, -0) ? '-0' : String(value)
    }
  }

  function inspectObject(value, depth, path) {
    if (path.includes(value)) return '[Circular]'
    if (value instanceof Error) return errorText(value)
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString()
    if (value instanceof RegExp) return String(value)
    if (value instanceof Promise) return 'Promise {}'
    const inner = [...path, value]
    const list = (items, one) => {
      const shown = []
      for (const item of items) {
        if (shown.length === LONGEST_LIST) {
          shown.push('…')
          break
        }
        shown.push(one(item))
      }
      return shown
    }
    const show = (item) => inspect(item, depth + 1, inner)
    const isList = Array.isArray(value) || ArrayBuffer.isView(value)
    if (depth >= DEEPEST) return isList ? '[Array]' : '[Object]'
    if (isList && !(value instanceof DataView)) return wrap('[', list(value, show), ']')
    if (value instanceof Map) {
      return `Map(${value.size}) ` + wrap('{', list(value, ([key, item]) => `${show(key)} => ${show(item)}`), '}')
    }
    if (value instanceof Set) return `Set(${value.size}) ` + wrap('{', list(value, show), '}')
    const type = Object.getPrototypeOf(value) === null ? '' : (value.constructor?.name ?? '')
    const parts = list(Object.keys(value), (key) => `${/^[\w$]+$/.test(key) ? key : JSON.stringify(key)}: ${show(value[key])}`)
    return (type && type !== 'Object' ? `${type} ` : '') + wrap('{', parts, '}')
  }

  function wrap(open, parts, close) {
    if (parts.length === 0) return open + close
    return open === '[' ? `[ ${parts.join(', ')} ]` : `{ ${parts.join(', ')} }`
  }

  function errorText(error) {
    const stack = userStack(error)
    return stack === '' ? `[${nameOf(error)}: ${error.message}]` : `${headline(error)}\n${stack}`
  }

  const headline = (error) => (error.message ? `${nameOf(error)}: ${error.message}` : nameOf(error))

  const nameOf = (error) => (typeof error.name === 'string' && error.name ? error.name : 'Error')

  /** The stack's frames in the user's own file; the others are ours and tell the author nothing. */
  function userStack(error) {
    const frames = typeof error.stack === 'string' ? error.stack.split('\n') : []
    return frames.filter((line) => /^ {4}at .*\bcode\.ts:\d+/.test(line)).slice(0, 16).join('\n')
  }

  function safely(action, otherwise) {
    try {
      return String(action())
    } catch {
      return otherwise
    }
  }

  /** What console prints for its arguments, with the placeholders of Node. */
  function format(values) {
    const rest = [...values]
    let text = ''
    if (typeof rest[0] === 'string' && rest.length > 1) {
      text = rest.shift().replace(/%[sdifjoOc%]/g, (mark) => {
        if (mark === '%%') return '%'
        if (rest.length === 0) return mark
        const value = rest.shift()
        switch (mark) {
          case '%d': return String(typeof value === 'object' ? NaN : Number(value))
          case '%i': return String(parseInt(value, 10))
          case '%f': return String(parseFloat(value))
          case '%j': return JSON.stringify(value)
          case '%c': return ''
          default: return inspect(value, mark === '%s' ? 0 : 1, [])
        }
      })
      if (rest.length > 0) text += ' '
    }
    return text + rest.map((value) => inspect(value, 0, [])).join(' ')
  }

  /**
   * Whatever was thrown, as texts.
   *
   * @returns {{message: string, name: string, stack: string}}
   */
  function describe(thrown) {
    const isError = typeof thrown === 'object' && thrown !== null && safely(() => typeof thrown.message, '') === 'string'
    const limit = 100000
    if (isError) {
      const message = safely(() => thrown.message + causes(thrown), '')
      return {
        message: cut(message, limit),
        name: cut(safely(() => nameOf(thrown), 'Error'), 200),
        stack: cut(safely(() => `${headline(thrown)}\n${userStack(thrown)}`, message), limit),
      }
    }
    const text = cut(safely(() => inspect(thrown, 0, []), 'a value that can not be shown'), limit)
    return { message: text, name: 'Error', stack: text }
  }

  function causes(error) {
    let text = ''
    let cause = error.cause
    for (let i = 0; i < 3 && typeof cause?.message === 'string' && cause.message !== ''; i++) {
      text += ` (${cause.message})`
      cause = cause.cause
    }
    return text
  }

  return { format: (values) => safely(() => format(values), '[a value that can not be shown]'), describe }
})()
