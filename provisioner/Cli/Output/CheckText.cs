using Cloudlet.Converge.Applying;

namespace Cloudlet.Cli.Output;

/// <summary>The steps of a check of a cloud for people: a line each, with its time.</summary>
/// <param name="output">Receives the lines.</param>
/// <param name="colours">True: with colours.</param>
internal sealed class CheckText(TextWriter output, bool colours)
{
    /// <summary>Writes an event of a check.</summary>
    /// <param name="prefix">Beginning of the line.</param>
    /// <param name="happened">The event. Its texts are from a host and its cloud, and are not trusted.</param>
    public void Write(string prefix, ConvergeEvent happened) => output.WriteLine(prefix + TextOf(happened));

    private string TextOf(ConvergeEvent happened) =>
        happened switch
        {
            CheckStepEnded { Result: CheckStepResult.Passed } step => Line(
                Colour.Green,
                "✓",
                Time(step.Milliseconds),
                step.Step,
                step.Found
            ),
            CheckStepEnded { Result: CheckStepResult.Skipped } step => Line(Colour.Yellow, "-", "skipped", step.Step, step.Found),
            CheckStepEnded step => Line(Colour.Red, "✗", Time(step.Milliseconds), step.Step, step.Found),
            CheckWaiting wait => Line(Colour.Grey, "…", Time(wait.Milliseconds), wait.Step, wait.On),
            CheckFinished { Passed: true } end => $"{Paint(Colour.Green, "the cloud works")}: checked in {Time(end.Milliseconds).Trim()}",
            CheckFinished end =>
                $"{Paint(Colour.Red, "the check failed")} after {Time(end.Milliseconds).Trim()}: see the lines with ✗; check again after a "
                    + "correction",
            _ => "",
        };

    private string Line(Colour colour, string sign, string time, string step, string found) =>
        $"  {Paint(colour, sign)} {time, 8}  {PlainText.Of(step), -10} {PlainText.Of(found)}";

    private static string Time(double milliseconds) => $"{milliseconds / 1000:0.0} s";

    private string Paint(Colour colour, string text) => colours ? Ansi.Paint(colour, text) : text;
}
