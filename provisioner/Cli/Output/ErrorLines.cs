namespace Cloudlet.Cli.Output;

/// <summary>Writes progress to standard error, which keeps the answer separate; unlike Progress&lt;T&gt; in order.</summary>
internal sealed class ErrorLines(TextWriter errors) : IProgress<string>
{
    public void Report(string value) => errors.WriteLine($"… {value}");
}
