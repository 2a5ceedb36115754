package millrace.config;

import java.time.Duration;

/**
 * @param timeout how long a synchronous caller waits for the flow's answer
 * @param maxPayloadBytes a larger body is refused with 413
 * @param inlineBytes a larger payload is kept as a file
 */
public record WebhookSettings(Duration timeout, long maxPayloadBytes, long inlineBytes) {}
