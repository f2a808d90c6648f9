using System.Text;

namespace CliWrap;

public partial class Command
{
    /// <summary>Sends the standard output to <paramref name="target"/>.</summary>
    public static Command operator |(Command source, PipeTarget target) => source.WithStandardOutputPipe(target);

    /// <summary>Writes the standard output to a stream.</summary>
    public static Command operator |(Command source, Stream target) => source | PipeTarget.ToStream(target);

    /// <summary>Appends the standard output to a string builder.</summary>
    public static Command operator |(Command source, StringBuilder target) => source | PipeTarget.ToStringBuilder(target);

    /// <summary>Calls a delegate with every line of the standard output.</summary>
    public static Command operator |(Command source, Action<string> target) => source | PipeTarget.ToDelegate(target);

    /// <summary>Calls an asynchronous delegate with every line of the standard output.</summary>
    public static Command operator |(Command source, Func<string, Task> target) => source | PipeTarget.ToDelegate(target);

    /// <summary>Sends standard output and standard error to one target each.</summary>
    public static Command operator |(Command source, (PipeTarget, PipeTarget) targets) =>
        source.WithStandardOutputPipe(targets.Item1).WithStandardErrorPipe(targets.Item2);

    /// <summary>Writes standard output and standard error to one stream each.</summary>
    public static Command operator |(Command source, (Stream, Stream) targets) =>
        source | (PipeTarget.ToStream(targets.Item1), PipeTarget.ToStream(targets.Item2));

    /// <summary>Appends standard output and standard error to one string builder each.</summary>
    public static Command operator |(Command source, (StringBuilder, StringBuilder) targets) =>
        source | (PipeTarget.ToStringBuilder(targets.Item1), PipeTarget.ToStringBuilder(targets.Item2));

    /// <summary>Calls one delegate with every line of standard output, the other with every line of standard error.</summary>
    public static Command operator |(Command source, (Action<string>, Action<string>) targets) =>
        source | (PipeTarget.ToDelegate(targets.Item1), PipeTarget.ToDelegate(targets.Item2));

    /// <summary>Feeds the standard input from <paramref name="source"/>.</summary>
    public static Command operator |(PipeSource source, Command target) => target.WithStandardInputPipe(source);

    /// <summary>Feeds the standard input from a stream.</summary>
    public static Command operator |(Stream source, Command target) => PipeSource.FromStream(source) | target;

    /// <summary>Feeds the standard input from bytes.</summary>
    public static Command operator |(byte[] source, Command target) => PipeSource.FromBytes(source) | target;

    /// <summary>Feeds the standard input from a string.</summary>
    public static Command operator |(string source, Command target) => PipeSource.FromString(source) | target;

    /// <summary>Feeds the standard input from the standard output of another command, which runs at the same time.</summary>
    public static Command operator |(Command source, Command target) => PipeSource.FromCommand(source) | target;
}
