namespace Pulumi;

/// <summary>An error in a program's work, with a message for its user: it is shown without a stack trace.</summary>
public class RunException : Exception
{
    /// <summary>An error.</summary>
    public RunException(string message)
        : base(message) { }

    /// <summary>An error with its cause.</summary>
    public RunException(string message, Exception? innerException)
        : base(message, innerException) { }
}

/// <summary>An error of one resource.</summary>
public class ResourceException : Exception
{
    /// <summary>An error of a resource.</summary>
    /// <param name="message">What is wrong.</param>
    /// <param name="resource">The resource.</param>
    /// <param name="hideStack">True: shown without a stack trace.</param>
    public ResourceException(string message, Resource? resource, bool hideStack = false)
        : this(message, resource, hideStack, innerException: null) { }

    internal ResourceException(string message, Resource? resource, bool hideStack, Exception? innerException)
        : base(message, innerException)
    {
        Resource = resource;
        HideStack = hideStack;
    }

    internal Resource? Resource { get; }

    internal bool HideStack { get; }
}

/// <summary>A message could not be sent to the engine.</summary>
internal sealed class LogException(Exception inner) : Exception("a message could not be sent to the Pulumi engine", inner);

/// <summary>The engine ended during a call, and has reported why.</summary>
internal sealed class EngineEndedException(Exception inner) : Exception("the Pulumi engine ended", inner);

/// <summary>A function of a provider refused its arguments.</summary>
internal sealed class InvokeException(string message) : Exception(message);
