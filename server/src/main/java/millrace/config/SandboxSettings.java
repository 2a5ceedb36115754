package millrace.config;

import java.util.List;
import java.util.Set;

/**
 * How user code is held.
 *
 * @param memoryLimitBytes of one host process
 * @param propagatedVariables environment variables that user code may see
 * @param allowedAddresses addresses and CIDR blocks exempt from STRICT
 */
public record SandboxSettings(
        ExecutionMode executionMode,
        long memoryLimitBytes,
        Set<String> propagatedVariables,
        NetworkMode networkMode,
        List<String> allowedAddresses) {
    public SandboxSettings {
        propagatedVariables = Set.copyOf(propagatedVariables);
        allowedAddresses = List.copyOf(allowedAddresses);
    }

    /** AUTO is the strongest mode that the machine allows. */
    public enum ExecutionMode {
        AUTO,
        UNSANDBOXED,
        SANDBOX_PROCESS,
        SANDBOX_CODE_ONLY,
        SANDBOX_CODE_AND_PROCESS
    }

    /** STRICT refuses private, loopback, link-local and metadata addresses. */
    public enum NetworkMode {
        STRICT,
        UNRESTRICTED
    }
}
