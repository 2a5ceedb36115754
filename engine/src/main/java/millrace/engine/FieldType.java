package millrace.engine;

/** What a field of a table holds. Values of all types are stored as text. */
public enum FieldType {
    TEXT,
    NUMBER,
    DATE,
    DATETIME,
    STATIC_DROPDOWN
}
