namespace Cloudlet.Agent.Secrets;

/// <summary>The value of a secret from one source of the operator's machine, or why it can't be had. Prints neither.</summary>
/// <param name="Value">The value; null: it can't be had.</param>
/// <param name="Problem">Why, without any part of a value; null: it can be had.</param>
internal readonly record struct SecretAnswer(string? Value, string? Problem)
{
    /// <summary>An answer without a value.</summary>
    public static SecretAnswer Missing(string problem) => new(null, problem);

    /// <inheritdoc/>
    public override string ToString() => Problem ?? "a value";
}
