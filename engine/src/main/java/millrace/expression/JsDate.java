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
            boolean timed = take('T') || take('t');
            if (timed) {
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
            if (timed && !take('Z') && !take('z') && (peek() == '+' || peek() == '-')) {
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

    /**
     * Words and numbers in the order people write them. Words before the first number and text in parentheses say
     * nothing; missing parts of a date are 1.
     */
    private static final class Spoken extends Reader {
        private static final String MONTHS = "janfebmaraprmayjunjulaugsepoctnovdec";

        private final int[] date = {1, 1, 1};
        private int dateParts;
        private final int[] clock = new int[4];
        private int clockParts;
        private boolean clockEnded;
        private int month;
        private int half = -1;
        private boolean numberRead;
        private boolean utcNamed;
        private int zoneHours;
        private int zoneMinutes;
        private int zoneSign = 1;
        private boolean zoneMinutesOpen;

        Spoken(String text) {
            super(text);
        }

        OptionalLong time() {
            while (!ended()) {
                if (!part()) {
                    return OptionalLong.empty();
                }
            }
            return dateParts == 0 ? OptionalLong.empty() : result();
        }

        private boolean part() {
            char c = peek();
            if (digit()) {
                return number();
            }
            if (isLetter(c)) {
                return word();
            }
            if (c == '+' || c == '-') {
                return (utcNamed || clockParts > 0) ? offset() : skip(!numberRead);
            }
            if (c == '(') {
                return parentheses();
            }
            return skip(c != ')' || !numberRead);
        }

        private boolean skip(boolean allowed) {
            at++;
            return allowed;
        }

        /** Like V8, which takes every sign from A on for a letter. */
        private static boolean isLetter(char c) {
            return c >= 'A' && !JsString.isSpace(c);
        }

        private boolean number() {
            numberRead = true;
            int value = number(9);
            while (digit()) {
                at++;
            }
            if (take(':')) {
                return clockPart(value, take(':'));
            }
            if (peek() == '.' && clockExpects(value)) {
                at++;
                clock[clockParts++] = value;
                if (!digit()) {
                    return false;
                }
                clock[3] = fraction();
                clockParts = 4;
                clockEnded = true;
                return true;
            }
            if (zoneMinutesOpen && value < 60) {
                zoneMinutes = value;
                zoneMinutesOpen = false;
                return true;
            }
            if (clockExpects(value)) {
                clock[clockParts++] = value;
                clockEnded = true;
                char next = peek();
                return ended() || JsString.isSpace(next) || next == 'Z' || next == 'z' || next == '+' || next == '-';
            }
            if (dateParts == 3) {
                return false;
            }
            date[dateParts++] = value;
            take('-');
            return true;
        }

        private boolean clockPart(int value, boolean doubled) {
            if (clockEnded || clockParts > 2 || (doubled && clockParts > 0)) {
                return false;
            }
            clock[clockParts++] = value;
            if (doubled) {
                clockParts++;
            }
            return true;
        }

        private boolean clockExpects(int value) {
            return !clockEnded && clockParts > 0 && value < (clockParts == 3 ? 1000 : 60);
        }

        private boolean word() {
            int start = at;
            while (isLetter(peek())) {
                at++;
            }
            String word = text.substring(start, at).toLowerCase(Locale.ROOT);
            String key = word.substring(0, Math.min(3, word.length()));
            if ((word.equals("am") || word.equals("pm")) && clockParts > 0) {
                half = word.equals("pm") ? 12 : 0;
                return true;
            }
            int found = key.length() == 3 ? MONTHS.indexOf(key) : -1;
            if (found >= 0 && found % 3 == 0) {
                month = found / 3 + 1;
                take('-');
                return true;
            }
            return numberRead ? zone(key) : !digit();
        }

        private boolean zone(String name) {
            int hours = switch (name) {
                case "z", "ut", "utc", "gmt" -> 0;
                case "edt" -> -4;
                case "est", "cdt" -> -5;
                case "cst", "mdt" -> -6;
                case "mst", "pdt" -> -7;
                case "pst" -> -8;
                default -> Integer.MIN_VALUE;
            };
            if (hours == Integer.MIN_VALUE) {
                return false;
            }
            utcNamed = hours == 0;
            zoneSign = hours < 0 ? -1 : 1;
            zoneHours = Math.abs(hours);
            zoneMinutes = 0;
            return true;
        }

        private boolean offset() {
            zoneSign = peek() == '-' ? -1 : 1;
            numberRead = true;
            at++;
            int start = at;
            int value = Math.max(number(9), 0);
            int length = at - start;
            zoneMinutesOpen = peek() == ':';
            boolean hoursOnly = zoneMinutesOpen || length <= 2;
            zoneHours = hoursOnly ? value : value / 100;
            zoneMinutes = hoursOnly ? 0 : value % 100;
            return zoneMinutesOpen || (length > 0 && length <= 4);
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

        private OptionalLong result() {
            boolean yearFirst = date[0] < 1 || date[0] > 31;
            int year;
            int day;
            if (month > 0) {
                year = yearFirst ? date[0] : date[1];
                day = yearFirst ? date[1] : date[0];
            } else {
                month = yearFirst ? date[1] : date[0];
                day = yearFirst ? date[2] : date[1];
                year = yearFirst ? date[0] : date[2];
            }
            if (month < 1 || month > 12 || day < 1 || day > 31 || !clockFits()) {
                return OptionalLong.empty();
            }
            if (year < 100) {
                year += year < 50 ? 2000 : 1900;
            }
            long offset = zoneSign * (zoneHours * 60L + zoneMinutes);
            return utc(year, month - 1, day, clock[0], clock[1] - offset, clock[2], clock[3]);
        }

        private boolean clockFits() {
            if (half >= 0) {
                if (clock[0] > 12) {
                    return false;
                }
                clock[0] = clock[0] % 12 + half;
            }
            boolean midnight = clock[0] == 24 && (clock[1] | clock[2] | clock[3]) == 0;
            return (clock[0] < 24 || midnight) && clock[1] < 60 && clock[2] < 60;
        }
    }
}
