// Evaluates a batch of expressions and conditions as JavaScript understands them, straight from the reference's words
// (engine-semantics 5.3, flow-format 6.3). In: {state, expressions, conditions} on stdin. Out: {expressions, conditions}.
delete Object.prototype.__proto__

const withoutPrototypes = (value) => {
  if (Array.isArray(value)) return value.map(withoutPrototypes)
  if (value === null || typeof value !== 'object') return value
  const copy = Object.create(null)
  for (const [key, inner] of Object.entries(value)) copy[key] = withoutPrototypes(inner)
  return copy
}

const flattenNestedKeys = (data, keys) => {
  if (Array.isArray(data)) return data.flatMap((item) => flattenNestedKeys(item, keys))
  if (data !== null && typeof data === 'object') return keys.length > 0 && keys[0] in data ? flattenNestedKeys(data[keys[0]], keys.slice(1)) : []
  return data === null || data === undefined || keys.length > 0 ? [] : [data]
}

function evaluate(source, state) {
  try {
    const names = Object.keys(state)
    const value = new Function(...names, 'flattenNestedKeys', `return (${source}\n)`)(...names.map((name) => state[name]), flattenNestedKeys)
    const text = JSON.stringify(value)
    return text === undefined ? '' : JSON.parse(text) ?? ''
  } catch {
    return ''
  }
}

const SHORTENED = /^(\d{4})[-/]?(\d{1,2})?[-/]?(\d{0,2})[Tt\s]*(\d{1,2})?:?(\d{1,2})?:?(\d{1,2})?[.:]?(\d+)?$/
function time(value) {
  if (typeof value === 'number') return new Date(value).getTime()
  if (typeof value !== 'string') return NaN
  const parts = /z$/i.test(value) ? null : SHORTENED.exec(value)
  if (!parts) return new Date(value).getTime()
  const [, year, month, day, hour, minute, second, millis] = parts
  return new Date(+year, month ? month - 1 : 0, +(day || 1) || 1, +(hour || 0), +(minute || 0), +(second || 0), +(millis ?? '0').slice(0, 3)).getTime()
}

const list = (value) => {
  if (typeof value !== 'string') return value
  try { return JSON.parse(value) } catch { return value }
}
const number = (value) => (Number.isNaN(Number(value)) ? value : Number(value))

function holds({ operator, first: a, second: b, caseSensitive }) {
  const text = (value) => {
    const plain = typeof value === 'string' ? value : JSON.stringify(value)
    return caseSensitive ? plain : plain.toLowerCase()
  }
  const contains = () => {
    const parsed = list(a)
    return (Array.isArray(parsed) ? parsed : [parsed]).some((item) => text(item) === text(b))
  }
  const exists = a !== null && a !== ''
  switch (operator) {
    case 'TEXT_CONTAINS': return text(a).includes(text(b))
    case 'TEXT_DOES_NOT_CONTAIN': return !text(a).includes(text(b))
    case 'TEXT_EXACTLY_MATCHES': return text(a) === text(b)
    case 'TEXT_DOES_NOT_EXACTLY_MATCH': return text(a) !== text(b)
    case 'TEXT_START_WITH': return text(a).startsWith(text(b))
    case 'TEXT_DOES_NOT_START_WITH': return !text(a).startsWith(text(b))
    case 'TEXT_ENDS_WITH': return text(a).endsWith(text(b))
    case 'TEXT_DOES_NOT_END_WITH': return !text(a).endsWith(text(b))
    case 'LIST_CONTAINS': return contains()
    case 'LIST_DOES_NOT_CONTAIN': return !contains()
    case 'LIST_IS_EMPTY': return Array.isArray(list(a)) && list(a).length === 0
    case 'LIST_IS_NOT_EMPTY': return Array.isArray(list(a)) && list(a).length > 0
    case 'NUMBER_IS_GREATER_THAN': return number(a) > number(b)
    case 'NUMBER_IS_LESS_THAN': return number(a) < number(b)
    case 'NUMBER_IS_EQUAL_TO': return number(a) == number(b)
    case 'BOOLEAN_IS_TRUE': return Boolean(a)
    case 'BOOLEAN_IS_FALSE': return !a
    case 'DATE_IS_BEFORE': return time(a) < time(b)
    case 'DATE_IS_EQUAL': return time(a) === time(b)
    case 'DATE_IS_AFTER': return time(a) > time(b)
    case 'EXISTS': return exists
    case 'DOES_NOT_EXIST': return !exists
    default: throw new Error(operator)
  }
}

let input = ''
for await (const chunk of process.stdin) input += chunk
const { state = {}, expressions = [], conditions = [], dates = [] } = JSON.parse(input)
const own = withoutPrototypes(state)
process.stdout.write(JSON.stringify({
  expressions: expressions.map((source) => evaluate(source, own)),
  conditions: conditions.map(holds),
  dates: dates.map((text) => (Number.isNaN(time(text)) ? null : time(text))),
}))
