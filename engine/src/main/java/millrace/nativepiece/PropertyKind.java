package millrace.nativepiece;

/** The kinds of properties, spelled as the API spells them (reference/rest-api §9.1). */
public enum PropertyKind {
    SHORT_TEXT,
    LONG_TEXT,
    MARKDOWN,
    DROPDOWN,
    STATIC_DROPDOWN,
    NUMBER,
    CHECKBOX,
    SECRET_TEXT,
    ARRAY,
    OBJECT,
    JSON,
    MULTI_SELECT_DROPDOWN,
    STATIC_MULTI_SELECT_DROPDOWN,
    DYNAMIC,
    DATE_TIME,
    FILE,
    CUSTOM,
    COLOR
}
