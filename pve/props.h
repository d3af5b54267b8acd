#pragma once
#include "reconcile/props.h"
