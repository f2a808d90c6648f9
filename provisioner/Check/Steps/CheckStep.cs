namespace Cloudlet.Check.Steps;

/// <summary>How a step of a check ended.</summary>
public enum StepResult
{
    /// <summary>What it tries works.</summary>
    Passed,

    /// <summary>It was not tried; the reason is what was found.</summary>
    Skipped,

    /// <summary>What it tries does not work.</summary>
    Failed,
}

/// <summary>A step of a check that ended.</summary>
/// <param name="Name">Its name, e.g. <c>server</c>.</param>
/// <param name="Result">How it ended.</param>
/// <param name="Found">What was found; of a failure also what was tried and what to do.</param>
/// <param name="Took">How long it took.</param>
public sealed record CheckStep(string Name, StepResult Result, string Found, TimeSpan Took);

/// <summary>Receives the progress of a check.</summary>
public interface ICheckListener
{
    /// <summary>A step ended.</summary>
    void Ended(CheckStep step);

    /// <summary>A step still waits. Sent every few seconds.</summary>
    /// <param name="step">Name of the step.</param>
    /// <param name="on">What it waits for, and what was found last.</param>
    /// <param name="since">How long it has been running.</param>
    void Waiting(string step, string on, TimeSpan since);
}
