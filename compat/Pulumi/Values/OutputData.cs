using System.Collections.Immutable;

namespace Pulumi;

/// <summary>What an output contains once its value is available.</summary>
internal readonly record struct OutputData<T>(ImmutableHashSet<Resource> Resources, T Value, bool IsKnown, bool IsSecret)
{
    public OutputData<object?> Boxed() => new(Resources, Value, IsKnown, IsSecret);
}

/// <summary>An output of any type.</summary>
internal interface IOutput
{
    Task<OutputData<object?>> GetDataAsync();
}

/// <summary>
/// An input of any type, in its original parts: one unknown item must not make a whole list unknown.
/// </summary>
internal interface IInput
{
    object? Source { get; }
}
