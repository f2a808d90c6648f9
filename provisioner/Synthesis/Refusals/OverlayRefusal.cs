using Cloudlet.Errors;

namespace Cloudlet.Synthesis.Refusals;

/// <summary>Why an overlay or an exported base was refused.</summary>
/// <param name="Code">One of <see cref="OverlayRefusalCode"/>, for programs.</param>
/// <param name="Expected">What was expected; null when there is no single value.</param>
/// <param name="Found">What was found instead; null when there is no single value.</param>
/// <param name="Message">What failed, expected against found, and what to do, for users.</param>
public sealed record OverlayRefusal(string Code, string? Expected, string? Found, string Message)
{
    /// <summary>Makes the message from its parts.</summary>
    /// <param name="code">The code.</param>
    /// <param name="what">What failed.</param>
    /// <param name="expected">What was expected, or null.</param>
    /// <param name="found">What was found, or null.</param>
    /// <param name="advice">What to do.</param>
    internal static OverlayRefusal Of(string code, string what, string? expected, string? found, string advice)
    {
        var values = (expected, found) switch
        {
            (null, null) => "",
            (null, _) => $": found {found}",
            (_, null) => $": expected {expected}",
            _ => $": expected {expected}, found {found}",
        };
        return new OverlayRefusal(code, expected, found, $"{what}{values}; {advice}");
    }
}

/// <summary>An overlay or an exported base was refused; nothing of it is left.</summary>
public sealed class OverlayRefusedException : CloudletException
{
    /// <summary>Creates an error of <paramref name="kind"/> with the message of <paramref name="refusal"/>.</summary>
    /// <param name="kind">The class of trouble.</param>
    /// <param name="refusal">Why it was refused.</param>
    /// <param name="inner">The cause, when there is one.</param>
    public OverlayRefusedException(ErrorKind kind, OverlayRefusal refusal, Exception? inner = null)
        : base(kind, refusal.Message, inner) => Refusal = refusal;

    /// <summary>Why it was refused.</summary>
    public OverlayRefusal Refusal { get; }

    /// <summary>InvalidInput for a file that is damaged or not valid.</summary>
    /// <param name="code">The code.</param>
    /// <param name="what">What failed, such as <c>its header is damaged</c>.</param>
    /// <param name="expected">What was expected, or null.</param>
    /// <param name="found">What was found, or null.</param>
    /// <param name="inner">The cause, or null.</param>
    internal static OverlayRefusedException Damaged(
        string code,
        string what,
        string? expected = null,
        string? found = null,
        Exception? inner = null
    ) =>
        new(
            ErrorKind.InvalidInput,
            OverlayRefusal.Of(code, $"this overlay can't be used: {what}", expected, found, "the file is damaged, fetch it again"),
            inner
        );
}
