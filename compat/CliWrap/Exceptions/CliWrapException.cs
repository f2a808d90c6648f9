namespace CliWrap.Exceptions;

/// <summary>Base of the exceptions of this library.</summary>
public abstract class CliWrapException(string message, Exception? innerException = null) : Exception(message, innerException);
