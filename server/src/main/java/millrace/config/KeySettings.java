package millrace.config;

import org.jspecify.annotations.Nullable;

/** The keys as the operator set them; {@link Keys} finds or makes those that are null. */
public record KeySettings(
        @Nullable Secret encryptionKey, @Nullable Secret jwtSecret) {}
