package millrace.config;

/** Limits on the tables that users make. */
public record TableSettings(int maxRecords, int maxFields) {}
