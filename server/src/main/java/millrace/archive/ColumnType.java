package millrace.archive;

/** What a value is, whatever the database calls it. The values in a row of each type are said beside it. */
enum ColumnType {
    /** UTF-8 as {@code byte[]}. */
    TEXT,
    /** {@code Long}. */
    INTEGER,
    /** {@code Boolean}. */
    BOOLEAN,
    /** Microseconds since 1970, {@code Long}. */
    MOMENT,
    /** {@code byte[]}. */
    BYTES,
    /** A document whose text counts: UTF-8 as {@code byte[]}. */
    JSON,
    /** A document of which a database keeps the meaning only: UTF-8 as {@code byte[]}. */
    JSONB,
    /** A list of texts, each UTF-8 as {@code byte[]}: {@code byte[][]}. */
    TEXTS
}
