using System.Reflection;
using System.Runtime.ExceptionServices;

namespace Scriban.Runtime;

/// <summary>Calls a .NET delegate with the arguments of a template. Only the delegate's own signature is inspected.</summary>
internal static class DelegateFunction
{
    public static NativeFunction Create(Delegate function)
    {
        var parameters = function.Method.GetParameters();
        var takesContext = parameters.Length > 0 && parameters[0].ParameterType == typeof(TemplateContext);
        var own = takesContext ? parameters[1..] : parameters;
        var takesRest = own.Length > 0 && own[^1].ParameterType == typeof(object[]);
        var required = own.Count(parameter => !parameter.HasDefaultValue) - (takesRest ? 1 : 0);
        return new NativeFunction(required, takesRest ? int.MaxValue : own.Length, arguments =>
        {
            var values = new List<object?>(parameters.Length);
            if (takesContext) values.Add(arguments.Context);
            for (var i = 0; i < own.Length; i++)
            {
                values.Add(takesRest && i == own.Length - 1
                    ? arguments.All.Skip(i).ToArray()
                    : Convert(arguments, i, own[i]));
            }

            return Invoke(function, values);
        });
    }

    private static object? Invoke(Delegate function, List<object?> values)
    {
        try
        {
            return function.DynamicInvoke([.. values]);
        }
        catch (TargetInvocationException wrapper) when (wrapper.InnerException is { } cause)
        {
            ExceptionDispatchInfo.Throw(cause);
            throw;
        }
    }

    private static object? Convert(Arguments arguments, int index, ParameterInfo parameter)
    {
        if (!arguments.Has(index)) return parameter.DefaultValue;
        var value = arguments[index];
        var type = Nullable.GetUnderlyingType(parameter.ParameterType) ?? parameter.ParameterType;
        if (value is null && type != parameter.ParameterType) return null;
        if (type == typeof(string)) return arguments.Text(index);
        if (type == typeof(bool)) return Values.IsTrue(value);
        if (type == typeof(int)) return arguments.Int(index);
        if (type == typeof(long)) return Values.ToLong(arguments.Caller, value);
        if (type == typeof(double)) return Values.ToDouble(arguments.Caller, value);
        if (value is null || type.IsInstanceOfType(value)) return value;
        if (type.IsAssignableFrom(typeof(ScriptArray)) && arguments.Sequence(index) is { } items) return new ScriptArray(items);
        throw arguments.Caller.Error($"Unable to convert type `{value.GetType().Name}` to `{type.Name}`");
    }
}
