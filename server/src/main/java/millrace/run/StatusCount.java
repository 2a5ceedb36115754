package millrace.run;

/** How many runs have a status. */
public record StatusCount(String status, long count) {}
