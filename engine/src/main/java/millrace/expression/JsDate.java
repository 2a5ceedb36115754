package millrace.expression;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.Locale;
import java.util.OptionalLong;

/**
 * Dates as the reference's date library and V8 below it read them, in UTC: plain date and time texts in any of the usual
 * shortened forms, ISO 8601 with zones, the forms of HTTP and e-mail, and "Jan 5, 2024 10:00 PM".
 */
final class JsDate {
    private static final double LAST = 8.64e15;
    private static final long DAY = 86_400_000L;

    private JsDate() {}

    /** Milliseconds since 1970, or nothing when it is no date. Only texts and numbers are dates. */
    static OptionalLong parse(JsonNode value) {
        if (value.isNumber()) {
            double time = value.doubleValue();
            return Math.abs(time) <= LAST ? OptionalLong.of((long) time) : OptionalLong.empty();
        }
        return value.isTextual() ? parse(value.textValue()) : OptionalLong.empty();
    }

    static OptionalLong parse(String text) {
        if (!text.endsWith("Z") && !text.endsWith("z")) {
            var local = new Shortened(text).time();
            if (local.isPresent()) {
                return local;
            }
        }
        var iso = new Iso(text).time();
        return iso.isPresent() ? iso : new Spoken(text).time();
    }

    /** {@code Date.UTC} with fields that may overflow: month 13 is January of the next year. */
    static OptionalLong utc(long year, long month, long day, long hour, long minute, long second, long millis) {
        try {
            long days = LocalDate.of((int) (year + Math.floorDiv(month, 12)), (int) Math.floorMod(month, 12L) + 1, 1)
                            .toEpochDay()
                    + day
                    - 1;
            double time = days * (double) DAY + hour * 3_600_000.0 + minute * 60_000.0 + second * 1_000.0 + millis;
            return Math.abs(time) <= LAST ? OptionalLong.of((long) time) : OptionalLong.empty();
        } catch (DateTimeException e) {
            return OptionalLong.empty();
        }
    }

    /** A place in a text, and what can be read there. */
    private abstract static class Reader {
        final String text;
        int at;

        Reader(String text) {
            this.text = text;
        }

        boolean ended() {
            return at == text.length();
        }

        char peek() {
            return at < text.length() ? text.charAt(at) : '\0';
        }

        boolean take(char c) {
            if (peek() != c || ended()) {
                return false;
            }
            at++;
            return true;
        }

        boolean digit() {
            return peek() >= '0' && peek() <= '9';
        }

        /** Digits, at most so many; -1 when there is none. */
        int number(int most) {
            int start = at;
            long value = 0;
            while (digit() && at - start < most) {
                value = value * 10 + (peek() - '0');
                at++;
            }
            return at == start ? -1 : (int) Math.min(value, Integer.MAX_VALUE);
        }

        /** Exactly so many digits, or -1. */
        int exactly(int count) {
            int start = at;
            int value = number(count);
            return at - start == count ? value : -1;
        }

        /** Digits behind a decimal point as milliseconds, the rest cut off. */
        int fraction() {
            int start = at;
            int millis = 0;
            while (digit()) {
                if (at - start < 3) {
                    millis = millis * 10 + (peek() - '0');
                }
                at++;
            }
            for (int i = at - start; i < 3; i++) {
                millis *= 10;
            }
            return millis;
        }
    }

    /** Year first, everything after it optional: 2024-1-5, 20240105, 2024/01/05 10:00, 2024-01-05T10:00:00.5. */
    private static final class Shortened extends Reader {
        Shortened(String text) {
            super(text);
        }

        OptionalLong time() {
            int year = exactly(4);
            if (year < 0) {
                return OptionalLong.empty();
            }
            separator();
            int month = number(2);
            separator();
            int day = number(2);
            while (peek() == 'T' || peek() == 't' || (!ended() && JsString.isSpace(peek()))) {
                at++;
            }
            int hour = number(2);
            take(':');
            int minute = number(2);
            take(':');
            int second = number(2);
            if (!take('.')) {
                take(':');
            }
            int start = at;
            while (digit()) {
                at++;
            }
            if (!ended()) {
                return OptionalLong.empty();
            }
            // The library takes the first three digits as they are: ".5" is five milliseconds.
            int millis = at == start ? 0 : Integer.parseInt(text.substring(start, Math.min(at, start + 3)));
            return utc(
                    year < 100 ? 1900 + year : year,
                    month < 0 ? 0 : month - 1,
                    Math.max(day, 0) == 0 ? 1 : day,
                    Math.max(hour, 0),
                    Math.max(minute, 0),
                    Math.max(second, 0),
                    millis);
        }

        private void separator() {
            if (!take('-')) {
                take('/');
            }
        }
    }

    /** The date-time format of ECMA-262 with its zone. */
    private static final class Iso extends Reader {
        Iso(String text) {
            super(text);
        }

        OptionalLong time() {
            int sign = take('+') ? 1 : take('-') ? -1 : 0;
            int year = exactly(sign == 0 ? 4 : 6);
            if (year < 0 || (sign < 0 && year == 0)) {
                return OptionalLong.empty();
            }
            int month = 1;
            int day = 1;
            if (take('-')) {
                month = exactly(2);
                if (take('-')) {
                    day = exactly(2);
                }
            }
            // Like V8, which reads 31 February as 2 or 3 March.
            if (month < 1 || month > 12 || day < 1 || day > 31) {
                return OptionalLong.empty();
            }
            int hour = 0;
            int minute = 0;
            int second = 0;
            int millis = 0;
            int offset = 0;
            if (take('T') || take('t')) {
                hour = exactly(2);
                minute = take(':') ? exactly(2) : -1;
                if (take(':')) {
                    second = exactly(2);
                    if (take('.')) {
                        if (!digit()) {
                            return OptionalLong.empty();
                        }
                        millis = fraction();
                    }
                }
                if (hour < 0 || minute < 0 || second < 0 || minute > 59 || second > 59) {
                    return OptionalLong.empty();
                }
                if (hour > 24 || (hour == 24 && (minute | second | millis) != 0)) {
                    return OptionalLong.empty();
                }
            }
            if (!take('Z') && !take('z') && (peek() == '+' || peek() == '-')) {
                int direction = take('+') ? 1 : -1;
                at += direction < 0 ? 1 : 0;
                int hours = exactly(2);
                take(':');
                int minutes = exactly(2);
                if (hours < 0 || minutes < 0 || hours > 23 || minutes > 59) {
                    return OptionalLong.empty();
                }
                offset = direction * (hours * 60 + minutes);
            }
            if (!ended()) {
                return OptionalLong.empty();
            }
            return utc(sign < 0 ? -year : year, month - 1, day, hour, minute - (long) offset, second, millis);
        }
    }

    /** Words and numbers in the order people write them. */
    private static final class Spoken extends Reader {
        private static final String MONTHS = "janfebmaraprmayjunjulaugsepoctnovdec";
        private static final String DAYS = "sunmontuewedthufrisat";

        private final int[] numbers = new int[3];
        private int count;
        private int month = -1;
        private int monthAt;
        private int hour = -1;
        private int minute;
        private int second;
        private int millis;
        private int half = -1;
        private int zone;
        private boolean zoned;
        private boolean zonedByNumber;

        Spoken(String text) {
            super(text);
        }

        OptionalLong time() {
            while (!ended()) {
                char c = peek();
                boolean read;
                if (digit()) {
                    read = number();
                } else if (isLetter(c)) {
                    read = word();
                } else if ((c == '+' || c == '-') && hour >= 0 && !zonedByNumber) {
                    read = offset();
                } else if (c == '(') {
                    read = parentheses();
                } else if (c == ',' || c == '/' || c == '-' || c == '.' || JsString.isSpace(c)) {
                    at++;
                    read = true;
                } else {
                    read = false;
                }
                if (!read) {
                    return OptionalLong.empty();
                }
            }
            return date();
        }

        private static boolean isLetter(char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        }

        private boolean number() {
            int value = number(9);
            if (digit()) {
                return false;
            }
            if (peek() == ':' && hour < 0) {
                return clock(value);
            }
            if (count == 3) {
                return false;
            }
            numbers[count++] = value;
            return true;
        }

        private boolean clock(int hours) {
            hour = hours;
            at++;
            minute = number(2);
            if (minute < 0 || minute > 59 || hour > 24) {
                return false;
            }
            if (take(':')) {
                second = number(2);
                if (second < 0 || second > 59) {
                    return false;
                }
                if (take('.')) {
                    if (!digit()) {
                        return false;
                    }
                    millis = fraction();
                }
            }
            return true;
        }

        private boolean word() {
            int start = at;
            while (isLetter(peek())) {
                at++;
            }
            String word = text.substring(start, at).toLowerCase(Locale.ROOT);
            if (word.equals("am") || word.equals("pm")) {
                half = word.equals("pm") ? 1 : 0;
                return hour >= 0;
            }
            if (word.equals("t")) {
                return count > 0;
            }
            int known = zoneOf(word);
            if (known != Integer.MIN_VALUE) {
                zone = known;
                zoned = true;
                return true;
            }
            if (word.length() >= 3) {
                int found = MONTHS.indexOf(word.substring(0, 3));
                if (found >= 0 && found % 3 == 0) {
                    month = found / 3;
                    monthAt = count;
                    return true;
                }
                int day = DAYS.indexOf(word.substring(0, 3));
                if (day >= 0 && day % 3 == 0) {
                    return true;
                }
            }
            // Words before the first number say nothing; behind it they spoil the date.
            return count == 0;
        }

        private static int zoneOf(String word) {
            return switch (word) {
                case "z", "utc", "ut", "gmt" -> 0;
                case "est" -> -300;
                case "edt" -> -240;
                case "cst" -> -360;
                case "cdt" -> -300;
                case "mst" -> -420;
                case "mdt" -> -360;
                case "pst" -> -480;
                case "pdt" -> -420;
                default -> Integer.MIN_VALUE;
            };
        }

        private boolean offset() {
            int direction = peek() == '-' ? -1 : 1;
            at++;
            int start = at;
            int first = number(4);
            if (first < 0) {
                return false;
            }
            int length = at - start;
            int hours = length <= 2 ? first : first / 100;
            int minutes = length <= 2 ? 0 : first % 100;
            if (length <= 2 && take(':')) {
                minutes = Math.max(number(2), 0);
            }
            zone = direction * (hours * 60 + minutes);
            zoned = true;
            zonedByNumber = true;
            return true;
        }

        private boolean parentheses() {
            int depth = 0;
            while (!ended()) {
                char c = peek();
                at++;
                depth += c == '(' ? 1 : c == ')' ? -1 : 0;
                if (depth == 0) {
                    return true;
                }
            }
            return true;
        }

        private OptionalLong date() {
            int year;
            int day;
            if (month >= 0) {
                if (count == 0) {
                    return OptionalLong.empty();
                }
                boolean yearFirst = count >= 2 && monthAt > 0 && numbers[0] > 31;
                day = yearFirst ? numbers[1] : numbers[0];
                year = count == 1 ? 2001 : yearFirst ? numbers[0] : numbers[1];
            } else if (count == 3 && numbers[0] > 31) {
                year = numbers[0];
                month = numbers[1] - 1;
                day = numbers[2];
            } else if (count == 3) {
                month = numbers[0] - 1;
                day = numbers[1];
                year = numbers[2];
            } else if (count == 2) {
                month = numbers[0] - 1;
                day = numbers[1];
                year = 2001;
            } else {
                return OptionalLong.empty();
            }
            if (month < 0 || month > 11 || day < 1 || day > 31) {
                return OptionalLong.empty();
            }
            if (year < 50) {
                year += 2000;
            } else if (year < 100) {
                year += 1900;
            }
            int hours = Math.max(hour, 0);
            if (half >= 0) {
                if (hours < 1 || hours > 12) {
                    return OptionalLong.empty();
                }
                hours = hours % 12 + 12 * half;
            }
            return utc(year, month, day, hours, minute - (long) (zoned ? zone : 0), second, millis);
        }
    }
}
