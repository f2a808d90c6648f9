namespace Pulumi;

/// <summary>What is wrong with a program's work, in words for its user: it is shown without a stack trace.</summary>
public class RunException : Exception
{
    /// <summary>An error.</summary>
    public RunException(string message) : base(message)
    {
    }

    /// <summary>An error with its cause.</summary>
    public RunException(string message, Exception? innerException) : base(message, innerException)
    {
    }
}

/// <summary>What is wrong with one resource.</summary>
public sealed class ResourceException : Exception
{
    /// <summary>An error of a resource.</summary>
    /// <param name="message">What is wrong.</param>
    /// <param name="resource">The resource.</param>
    /// <param name="hideStack">True: it is shown without a stack trace.</param>
    /// <param name="innerException">Its cause.</param>
    public ResourceException(string message, Resource? resource, bool hideStack = false, Exception? innerException = null) : base(message, innerException)
    {
        Resource = resource;
        HideStack = hideStack;
    }

    internal Resource? Resource { get; }

    internal bool HideStack { get; }
}

/// <summary>A message could not be handed to the engine.</summary>
internal sealed class LogException(Exception inner) : Exception("a message could not be handed to the Pulumi engine", inner);

/// <summary>A function of a provider refused its arguments.</summary>
public sealed class InvokeException(string message) : Exception(message);
