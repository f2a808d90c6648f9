using System.Collections.Immutable;

namespace Pulumi;

/// <summary>What an output holds once its value is there.</summary>
internal readonly record struct OutputData<T>(ImmutableHashSet<Resource> Resources, T Value, bool IsKnown, bool IsSecret)
{
    public OutputData<object?> Boxed() => new(Resources, Value, IsKnown, IsSecret);
}

/// <summary>An output of any type.</summary>
internal interface IOutput
{
    Task<OutputData<object?>> GetDataAsync();
}

/// <summary>An input of any type: what it was made of, with nothing folded together, so that one unknown item does not make a whole list unknown.</summary>
internal interface IInput
{
    object? Source { get; }
}
